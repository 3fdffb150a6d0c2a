"""A conversation as Cohere takes it: a message per turn, a message per result, documents beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chat_core import (
    ConfigurationError,
    File,
    JsonObject,
    Message,
    Messages,
    Native,
    Notice,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import (
    foreign_block,
    generated_file,
    misplaced,
    part_text,
    unsent_file,
    wire_id,
    wire_name,
)

from chat_cohere.documents import MARKED
from chat_cohere.encode.files import document_fields, image_block, is_image
from chat_cohere.wire import SentMessage

_CONTINUE = "Continue."
_NO_OUTPUT = "(no output)"


class Conversation:
    """The messages and the documents of one request, with notices for what was left out.

    Raises `ConfigurationError` for what a user put in and the wire cannot carry, and `UnresolvedTool` for
    calls that have no outcome yet.
    """

    def __init__(self, messages: Messages, origin: Origin) -> None:
        self._origin = origin
        self._notices: dict[Notice, None] = {}
        self.messages: list[SentMessage] = []
        self.documents: list[JsonObject] = []
        for message in messages:
            self._add(message)
        if not any(message.get("role") != "system" for message in self.messages):
            raise ConfigurationError("Cohere needs a message to respond to: messages.add_user(...) first")
        if self.messages[-1].get("role") == "assistant":
            self.messages.append({"role": "user", "content": _CONTINUE})
            self._notice(
                Notice(
                    "messages", f"a conversation cannot end with the model: {_CONTINUE!r} was sent after it"
                )
            )

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was not sent, each kind once."""
        return tuple(self._notices)

    def _notice(self, notice: Notice) -> None:
        self._notices[notice] = None

    def _add(self, message: Message) -> None:
        match message.role:
            case "system":
                self._append("system", list(self._instructions(message.parts)))
            case "user":
                before = len(self.documents)
                blocks = list(self._user(message.parts))
                if not blocks and len(self.documents) > before:
                    blocks = [_text_block("(See the documents.)")]
                self._append("user", blocks)
            case "model":
                self._model(message)

    def _append(self, role: str, blocks: list[JsonObject]) -> None:
        """Add a message of text and images. One text alone is sent as it is."""
        match blocks:
            case []:
                return
            case [{"type": "text", "text": str(text)}]:
                content: str | list[JsonObject] = text
            case _:
                content = blocks
        self.messages.append({"role": "system" if role == "system" else "user", "content": content})

    def _instructions(self, parts: Iterable[Part]) -> Iterator[JsonObject]:
        for part in parts:
            match part:
                case Text() | Structured():
                    yield from _text(part)
                case _:
                    raise misplaced(part, "system")

    def _user(self, parts: Iterable[Part]) -> Iterator[JsonObject]:
        for part in parts:
            match part:
                case Text() | Structured():
                    yield from _text(part)
                case File() if is_image(part):
                    yield image_block(part)
                case File():
                    self._document(document_fields(part))
                case Opaque(native):
                    self._marked_document(native)
                case _:
                    raise misplaced(part, "user")

    def _document(self, fields: JsonObject, id: str | None = None) -> None:
        """Add a document for the whole request. Its id is what citations name."""
        taken = {as_text(document.get("id")) for document in self.documents}
        number = len(self.documents)
        while id is None or id in taken:
            id, number = f"doc:{number}", number + 1
        self.documents.append({"id": id, "data": fields})

    def _marked_document(self, native: Native) -> None:
        document = as_object(native.data.get("document")) if native.origin == MARKED else {}
        fields = as_object(document.get("data"))
        if fields:
            self._document(fields, as_text(document.get("id")) or None)
        else:
            self._notice(foreign_block(native))

    def _model(self, message: Message) -> None:
        outcomes = message.outcomes()
        content: list[JsonObject] = []
        plan: list[str] = []
        citations: list[JsonObject] = []
        for part in message.parts:
            match part:
                case Text() if part.aside and outcomes:
                    plan += [part.text] if part.text.strip() else []
                case Text() | Structured():
                    citations += self._citations(part, len(content))
                    content += _text(part)
                case Refusal(text):
                    content += [_text_block(text)] if text.strip() else []
                case Reasoning():
                    content += self._thinking(part)
                case Opaque(native):
                    self._notice(foreign_block(native))
                case File():
                    self._notice(generated_file(part))
                case ToolCall():
                    pass
        self._append_turn(content, plan, citations, outcomes)

    def _append_turn(
        self,
        content: list[JsonObject],
        plan: list[str],
        citations: list[JsonObject],
        outcomes: list[tuple[ToolCall, str]],
    ) -> None:
        """Add a turn of the model and the results of its calls. A turn that says and calls nothing is left
        out."""
        turn: SentMessage = {"role": "assistant"}
        if any(block.get("type") == "text" for block in content) or (content and outcomes):
            turn["content"] = content
        if plan:
            turn["tool_plan"] = "".join(plan)
        if citations and "content" in turn:
            turn["citations"] = citations
        if outcomes:
            turn["tool_calls"] = [_call(call) for call, _ in outcomes]
        if turn.keys() & {"content", "tool_calls"}:
            self.messages.append(turn)
        self.messages += [self._result(call, text) for call, text in outcomes]

    def _thinking(self, part: Reasoning) -> list[JsonObject]:
        if part.native is None or not part.text.strip():
            return []
        if part.native.for_(self._origin) is None:
            self._notice(foreign_block(part.native))
            return []
        return [{"type": "thinking", "thinking": part.text}]

    def _citations(self, part: Text | Structured, index: int) -> list[JsonObject]:
        """Return the citations of a text that came from here, for the content block that it becomes."""
        native = part.native.for_(self._origin) if part.native else None
        if not native or not part_text(part).strip():
            return []
        found = [item for item in as_list(native.get("citations")) if isinstance(item, dict)]
        return [{**item, "content_index": index} for item in found if _is_citation(item)]

    def _result(self, call: ToolCall, text: str) -> SentMessage:
        """Return the message of a result. Text files stand in it as documents; other files are described."""
        documents: list[JsonObject] = []
        described: list[str] = []
        for file in call.files:
            try:
                documents.append({"type": "document", "document": {"data": document_fields(file)}})
            except ConfigurationError as exc:
                part, notice = unsent_file(file, exc)
                described.append(part.text)
                self._notice(notice)
        shown = "\n\n".join(filter(str.strip, (text, *described))) or _NO_OUTPUT
        content: str | list[JsonObject] = [_text_block(shown), *documents] if documents else shown
        return {"role": "tool", "tool_call_id": wire_id(call.id), "content": content}


def _call(call: ToolCall) -> JsonObject:
    function: JsonObject = {"name": wire_name(call.name), "arguments": call.arguments_as_text()}
    return {"id": wire_id(call.id), "type": "function", "function": function}


def _text(part: Text | Structured) -> Iterator[JsonObject]:
    """Yield the text of a part. Blank text is left out: it says nothing, and some models refuse it."""
    text = part_text(part)
    if text.strip():
        yield _text_block(text)


def _text_block(text: str) -> JsonObject:
    return {"type": "text", "text": text}


def _is_citation(item: JsonObject) -> bool:
    """Return whether this is a citation as it is received: stored data may be anything."""
    sources = item.get("sources")
    return (
        isinstance(item.get("start"), int)
        and isinstance(item.get("end"), int)
        and isinstance(item.get("text"), str)
        and isinstance(sources, list)
        and all(_is_source(as_object(source)) for source in sources)
        and not item.keys() - {"start", "end", "text", "sources", "type", "content_index"}
    )


def _is_source(source: JsonObject) -> bool:
    match source:
        case {"type": "document", "document": dict()} | {"type": "tool", "tool_output": dict()}:
            return True
        case _:
            return False
