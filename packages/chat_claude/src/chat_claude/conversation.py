"""A conversation as the wire has it: instructions apart, turns that alternate, results where their calls expect them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, cast

from chat_core import (
    ConfigurationError,
    File,
    JsonObject,
    Message,
    Messages,
    Notice,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
    UnresolvedTool,
)
from chat_core.types.json_values import as_object, as_text

from chat_claude.ids import wire_id
from chat_claude.marks import MARKED, mark
from chat_claude.models import Traits
from chat_claude.wire import (
    CALLED_BY_SERVER,
    Block,
    DocumentBlock,
    ImageBlock,
    SentMessage,
    Source,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
)

Side: TypeAlias = Literal["user", "system"]

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_TEXTS = frozenset(
    {"application/json", "application/xml", "application/yaml", "application/x-yaml", "application/toml"}
)
CONTAINER = "container"  # the type of the part that keeps where code execution worked


class Sealed(NamedTuple):
    """A block of thinking that is sent: in which message, and the digest of what stood before that when it was received."""

    message: int
    prefix: str | None


@dataclass(frozen=True, slots=True)
class _Said:
    """What stands between two turns of the model."""

    by: Side
    blocks: list[Block]


class Conversation:
    """Read from `Messages`, which stay as they are. Raises `ConfigurationError` for what the wire cannot say, `UnresolvedTool` for
    calls that have no outcome yet."""

    def __init__(self, messages: Messages, origin: Origin, traits: Traits) -> None:
        self._origin = origin
        self._traits = traits
        self._between: list[_Said] = []
        self._unanswered = self._without_result(messages)
        self.messages: list[SentMessage] = []
        self.sealed: list[Sealed] = []
        self.by_id = False
        self.answered = False
        self.container: JsonObject = {}
        self._notices: dict[str, Notice] = {}
        leading = next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))
        self.system = self._instructions(messages[:leading])
        for message in messages[leading:]:
            self._add(message)
        self._flush()
        if not self.messages:
            raise ConfigurationError("Claude needs something to answer: messages.add_user(...) first")
        self.answered = self.messages[-1]["role"] == "assistant" and not _paused(messages[-1])

    @property
    def notices(self) -> Iterable[Notice]:
        """What was not sent, each kind once."""
        return self._notices.values()

    def _notice(self, text: str) -> None:
        self._notices[text] = Notice("messages", text)

    def _instructions(self, messages: Iterable[Message]) -> str | list[Block] | None:
        blocks = [block for message in messages for block in self._told(message.parts)]
        match blocks:
            case []:
                return None
            case [{"type": "text", "text": str(text), **rest}] if not rest:
                return text
            case _:
                return blocks

    def _add(self, message: Message) -> None:
        match message.role:
            case "system":
                self._between.append(_Said("system", list(self._told(message.parts))))
            case "user":
                self._between.append(_Said("user", list(self._asked(message.parts))))
            case "model" if message.turn is not None and message.turn.raw_finish_reason == "refusal":
                pass  # not to be sent again, says the reference
            case "model":
                self._answer(message)

    def _answer(self, message: Message) -> None:
        if unresolved := tuple(call for call in message.tool_calls if not call.resolved):
            raise UnresolvedTool(unresolved)
        self._flush()
        index = len(self.messages)
        before = self.messages[-1]["content"] if index and self.messages[-1]["role"] == "assistant" else None
        index -= before is not None
        blocks = list(self._replayed(index, message))
        if isinstance(before, list):
            before.extend(blocks)
        elif blocks:
            self.messages.append({"role": "assistant", "content": blocks})
        if message.tool_calls:
            self._between.append(_Said("user", [self._result(call) for call in message.tool_calls]))

    def _flush(self) -> None:
        """What stands between two turns becomes one user message, and the system messages at its end stay what they are."""
        said = [one for one in self._between if one.blocks]
        self._between = []
        turns: list[_Said] = []
        if self._traits.system_turns and any(one.by == "user" for one in said):
            while said[-1].by == "system":
                turns.insert(0, said.pop())
        asked = [
            block for one in said for block in (one.blocks if one.by == "user" else self._folded(one.blocks))
        ]
        match asked:
            case []:
                pass
            case _ if (
                self.messages and self.messages[-1]["role"] == "user"
            ):  # an empty turn of the model stood between
                before = self.messages.pop()["content"]
                told: list[Block] = (
                    [TextBlock(type="text", text=before)] if isinstance(before, str) else before
                )
                self.messages.append({"role": "user", "content": [*told, *asked]})
            case [{"type": "text", "text": str(text), **rest}] if not rest:
                self.messages.append({"role": "user", "content": text})
            case _:
                self.messages.append({"role": "user", "content": asked})
        self.messages += [SentMessage(role="system", content=one.blocks) for one in turns]

    def _folded(self, blocks: list[Block]) -> Iterator[Block]:
        """Instructions amid a conversation, for models that heed them nowhere but in the user's words."""
        for block in blocks:
            match block:
                case {"type": "text", "text": str(text)}:
                    yield TextBlock(type="text", text=f"<system>\n{text}\n</system>")
                case _:
                    raise ConfigurationError(
                        f"{self._origin.model} takes no {block['type']} amid a conversation"
                    )

    def _told(self, parts: Iterable[Part]) -> Iterator[Block]:
        for part in parts:
            match part:
                case Text() | Structured():
                    yield from self._text(part)
                case Opaque():
                    yield from self._marked_block(part)
                case _:
                    raise ConfigurationError(f"a system message holds text, not {type(part).__name__}")

    def _asked(self, parts: Iterable[Part]) -> Iterator[Block]:
        for part in parts:
            match part:
                case Text() | Structured():
                    yield from self._text(part)
                case File():
                    yield self._file(part)
                case Opaque():
                    yield from self._marked_block(part)
                case _:
                    raise ConfigurationError(
                        f"a user's message cannot hold {type(part).__name__}; it holds text, files and structured values"
                    )

    def _text(self, part: Text | Structured) -> Iterator[Block]:
        text = part.text if isinstance(part, Text) else part.as_text()
        if text:  # the wire takes no empty ones
            block: JsonObject = {"type": "text", "text": text, **mark(part)}
            yield block

    def _marked_block(self, part: Opaque) -> Iterator[Block]:
        if part.native.origin == MARKED:
            self.by_id = self.by_id or "file_id" in part.native.data
            yield dict(part.native.data)
        else:
            self._foreign(part.native.origin)

    def _foreign(self, origin: Origin) -> None:
        self._notice(f"blocks that only {origin.provider} with {origin.model} can read were not sent")

    def _replayed(self, index: int, message: Message) -> Iterator[Block]:
        """The model's turn, its own blocks as they were received."""
        for part in message.parts:
            match part:
                case Text() | Structured():
                    yield from self._said_text(part)
                case Refusal(text):
                    if text:
                        yield TextBlock(type="text", text=text)
                case Reasoning():
                    yield from self._thinking(part, index)
                case ToolCall():
                    yield self._call(part)
                case Opaque():
                    yield from self._opaque(part)
                case File():
                    self._notice(f"a generated {part.kind} was not sent back: this wire has no place for it")

    def _said_text(self, part: Text | Structured) -> Iterator[Block]:
        text = part.text if isinstance(part, Text) else part.as_text()
        own = part.native.for_(self._origin) if part.native else None
        if not text:
            return
        if own is None:
            yield TextBlock(type="text", text=text)
            return
        block: JsonObject = {"type": "text", "text": text, **own}
        if isinstance(part, Text) and part.citations:
            block["citations"] = [_citation(citation.raw) for citation in part.citations]
        yield block

    def _thinking(self, part: Reasoning, index: int) -> Iterator[Block]:
        own = part.native.for_(self._origin) if part.native else None
        if own is None:
            if part.native is not None:
                self._foreign(part.native.origin)
            return
        self.sealed.append(Sealed(index, as_text(own.get("prefix")) or None))
        block = as_object(own["block"])
        yield {**block, "thinking": part.text} if block["type"] == "thinking" else block

    def _call(self, call: ToolCall) -> Block:
        own = call.native.for_(self._origin) if call.native else None
        used = ToolUseBlock(type="tool_use", id=wire_id(call.id), name=call.name, input=call.arguments)
        return used if own is None else cast("Block", {**used, **own})

    def _opaque(self, part: Opaque) -> Iterator[Block]:
        own = part.native.for_(self._origin)
        if own is None:
            if part.native.data.get("type") != CONTAINER:
                self._foreign(part.native.origin)
        elif own.get("type") == CONTAINER:
            self.container = own
        elif own.get("type") in CALLED_BY_SERVER and own.get("id") in self._unanswered:
            self._notice("calls of server tools that never had a result were not sent")
        else:
            yield own

    def _without_result(self, messages: Messages) -> set[str]:
        """The calls of server tools that may not be sent: they have no result, and more than the results of other tools follows."""
        said = [message for message in messages if message.role == "model"]
        blocks = [part.native.data for message in said for part in message.parts if isinstance(part, Opaque)]
        called = {as_text(block.get("id")) for block in blocks if block.get("type") in CALLED_BY_SERVER}
        answered = {as_text(block.get("tool_use_id")) for block in blocks if "tool_use_id" in block}
        if answered - called:  # these ids say nothing
            return set()
        if said and messages[-1] is said[-1]:  # its tools are still at work
            last = [part.native.data for part in said[-1].parts if isinstance(part, Opaque)]
            answered |= {as_text(block.get("id")) for block in last}
        return called - answered

    def _result(self, call: ToolCall) -> Block:
        outcome = call.outcome()
        result = ToolResultBlock(type="tool_result", tool_use_id=wire_id(call.id))
        if call.files:
            told: list[Block] = [TextBlock(type="text", text=outcome)] if outcome else []
            result["content"] = [*told, *(self._file(file) for file in call.files)]
        elif outcome:
            result["content"] = outcome
        if call.failed:
            result["is_error"] = True
        own = call.native.for_(self._origin) if call.native else None
        if own and own.get("toolset_name"):
            result["toolset_name"] = own["toolset_name"]
        return result

    def _file(self, file: File) -> Block:
        self.by_id = self.by_id or file.id is not None
        match file.kind:
            case "image":
                image = ImageBlock(type="image", source=_image_source(file))
                return cast("Block", {**image, **mark(file)})
            case "document":
                document = DocumentBlock(type="document", source=_document_source(file))
                if file.name and file.data is not None:
                    document["title"] = file.name
                return cast("Block", {**document, **mark(file)})
            case "audio" | "video" as kind:
                raise ConfigurationError(f"Claude takes no {kind}: send its transcript, or pictures")


def _paused(message: Message) -> bool:
    return message.turn is not None and message.turn.raw_finish_reason == "pause_turn"


def _image_source(file: File) -> Source:
    if file.id is not None:
        return {"type": "file", "file_id": file.id}
    if file.url is not None:
        return {"type": "url", "url": file.url}
    if file.mimetype not in _IMAGES:
        raise ConfigurationError(
            f"Claude takes images as JPEG, PNG, GIF or WebP, not {file.mimetype}: convert it first"
        )
    return {"type": "base64", "media_type": file.mimetype, "data": file.base64()}


def _document_source(file: File) -> Source:
    if file.id is not None:
        return {"type": "file", "file_id": file.id}
    if file.url is not None:
        return {"type": "url", "url": file.url}
    if file.mimetype == "application/pdf":
        return {"type": "base64", "media_type": file.mimetype, "data": file.base64()}
    if file.data is not None and ((file.mimetype or "").startswith("text/") or file.mimetype in _TEXTS):
        try:
            return {"type": "text", "media_type": "text/plain", "data": file.data.decode()}
        except UnicodeDecodeError as exc:
            raise ConfigurationError(f"this {file.mimetype} is not UTF-8: {exc}") from exc
    raise ConfigurationError(
        f"Claude reads PDF and text, not {file.mimetype}: convert it, or upload it and use container_upload(file_id)"
    )


def _citation(raw: JsonObject) -> JsonObject:
    """A citation as it may be sent back: without what only answers have, and with a title where the wire wants one."""
    titled: JsonObject = {"document_title": None} if "document_index" in raw else {}
    return titled | {key: value for key, value in raw.items() if key != "file_id"}
