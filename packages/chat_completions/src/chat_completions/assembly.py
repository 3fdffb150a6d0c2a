"""A turn put together from deltas. A whole message is one delta, so that every field is read in one place."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from chat_core import (
    Citation,
    ConfigurationError,
    File,
    FileReady,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Native,
    Opaque,
    Origin,
    Part,
    Reasoning,
    ReasoningChunk,
    Refusal,
    RefusalChunk,
    Text,
    TextChunk,
    TurnEvent,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_object, as_text

from chat_completions.assembler import CallAssembler
from chat_completions.thinktags import THINK, ThinkTags


@dataclass(slots=True)
class _Block:
    """Neighbouring deltas of one kind. `native` is how a reasoning block has to be sent back."""

    kind: type[Text | Reasoning | Refusal]
    pieces: list[str]
    native: JsonObject = field(default_factory=dict[str, JsonValue])


class Assembly:
    """The parts of one choice, in the order received."""

    def __init__(
        self, origin: Origin, ids: CallIds, think_tags: Literal["text", "tags", "open"] = "text"
    ) -> None:
        self._origin = origin
        self._ids = ids
        self._tags = None if think_tags == "text" else ThinkTags(think_tags)
        self._blocks: list[_Block | File | Opaque] = []
        self._calls = CallAssembler(origin, ids)
        self._citations: list[Citation] = []
        self._audio: dict[str, list[str]] = {}

    def add(self, delta: JsonObject, *, whole: bool = False) -> Sequence[TurnEvent]:
        """Take a delta, or a `whole` message; what it says."""
        content = delta.get("content")
        if (
            content and isinstance(content, str) and self._tags is None and _is_plain(delta)
        ):  # nearly every delta of a stream
            self._append(Text, content)
            return (TextChunk(content),)
        events: list[TurnEvent] = []
        self._reasoning(delta, events)
        if isinstance(content, str):
            if content:
                self._text(content, events)
        elif isinstance(content, list):
            self._content(content, events, whole=whole)
        self._rest(delta, events, whole=whole)
        return events

    def parts(self) -> list[Part]:
        """All of it. A call whose arguments are no JSON object is `Failed`."""
        return [*self._visible(), *self._spoken(), *self._calls.calls()]

    def flush(self) -> Sequence[TurnEvent]:
        """What was held back, since it could have been the beginning of a tag."""
        events: list[TurnEvent] = []
        if self._tags is not None:
            self._runs(self._tags.end(), events)
        return events

    def _text(self, text: str, events: list[TurnEvent]) -> None:
        if self._tags is not None:
            self._runs(self._tags.feed(text), events)
            return
        self._append(Text, text)
        events.append(TextChunk(text))

    def _runs(
        self, runs: Iterator[tuple[Literal["reasoning", "text"], str]], events: list[TurnEvent]
    ) -> None:
        for kind, said in runs:
            if kind == "reasoning":
                self._append(Reasoning, said).native.setdefault("field", THINK)
                events.append(ReasoningChunk(said))
            else:
                self._append(Text, said)
                events.append(TextChunk(said))

    def _append(self, kind: type[Text | Reasoning | Refusal], text: str) -> _Block:
        last = self._blocks[-1] if self._blocks else None
        if isinstance(last, _Block) and last.kind is kind:
            last.pieces.append(text)
            return last
        block = _Block(kind, [text])
        self._blocks.append(block)
        return block

    def _reasoning(self, delta: JsonObject, events: list[TurnEvent]) -> None:
        text = ""
        for name in ("reasoning_content", "reasoning"):  # servers that send both send the same twice
            if text := as_text(delta.get(name)):
                self._append(Reasoning, text).native.setdefault("field", name)
                events.append(ReasoningChunk(text))
                break
        for detail in as_list(delta.get("reasoning_details")):
            if isinstance(detail, dict):
                said = "" if text else as_text(detail.get("text")) or as_text(detail.get("summary"))
                details = self._append(Reasoning, said).native.setdefault("reasoning_details", [])
                _merge(as_list(details), detail)
                if said:
                    events.append(ReasoningChunk(said))
        for block in as_list(delta.get("thinking_blocks")):  # LiteLLM's, before Claude
            if isinstance(block, dict):
                said = "" if text else as_text(block.get("thinking"))
                _sign(as_list(self._append(Reasoning, said).native.setdefault("thinking_blocks", [])), block)
                if said:
                    events.append(ReasoningChunk(said))

    def _content(self, items: list[JsonValue], events: list[TurnEvent], *, whole: bool) -> None:
        """Content as a list of parts: Mistral, and some gateways."""
        for item in items:
            match item:
                case dict() if item.get("type") in ("thinking", "reasoning", "reasoning_content"):
                    self._thinking(item, events, whole=whole)
                case dict() if item.get("type") == "image_url":
                    self._image(item, events)
                case dict() if item.get("type") == "reference":
                    self._citations.append(Citation(raw=item))
                case str(text) | {"text": str(text)}:
                    if text:
                        self._text(text, events)
                case dict():  # kept as it is, and sent back
                    self._blocks.append(Opaque(Native(self._origin, item)))
                case _:
                    pass

    def _thinking(self, item: JsonObject, events: list[TurnEvent], *, whole: bool) -> None:
        said = item.get("thinking") or item.get("text") or item.get("summary")
        text = (
            said
            if isinstance(said, str)
            else "".join(as_text(as_object(piece).get("text")) for piece in as_list(said))
        )
        last = self._blocks[-1] if self._blocks else None
        before = as_object(last.native.get("content")) if isinstance(last, _Block) else {}
        if before and not whole and not before.get("closed"):
            self._append(Reasoning, text).native["content"] = _continued(before, item)
        else:
            self._blocks.append(_Block(Reasoning, [text], {"content": item}))
        if text:
            events.append(ReasoningChunk(text))

    def _rest(self, delta: JsonObject, events: list[TurnEvent], *, whole: bool) -> None:
        if refusal := as_text(delta.get("refusal")):
            self._append(Refusal, refusal)
            events.append(RefusalChunk(refusal))
        for image in as_list(delta.get("images")):
            self._image(as_object(image), events)
        fragments = [fragment for fragment in as_list(delta.get("tool_calls")) if isinstance(fragment, dict)]
        events += [self._calls.add(fragment, whole=whole) for fragment in fragments]
        if any(
            (legacy := as_object(delta.get("function_call"))).values()
        ):  # the predecessor of tool calls, from old servers
            events.append(self._calls.add({"function": legacy}))
        for name, value in as_object(delta.get("audio")).items():
            if isinstance(value, str):
                self._audio.setdefault(name, []).append(value)
        for annotation in as_list(delta.get("annotations")):
            if isinstance(cited := as_object(annotation).get("url_citation"), dict):
                self._citations.append(_citation(cited))

    def _image(self, item: JsonObject, events: list[TurnEvent]) -> None:
        image = item.get("image_url")
        url = as_text(image) or as_text(as_object(image).get("url"))
        try:
            file = File.from_url(url)
        except (ConfigurationError, ValueError):
            return  # a picture in no form that could be shown; the raw body still has it
        self._blocks.append(file)
        events.append(FileReady(file))

    def _visible(self) -> Iterator[Part]:
        texts = [block for block in self._blocks if isinstance(block, _Block) and block.kind is Text]
        for block in self._blocks:
            match block:
                case File() | Opaque():
                    yield block
                case _Block(kind, pieces, native):
                    tag = Native(self._origin, native) if native else None
                    if kind is Text:
                        yield Text("".join(pieces), tuple(self._citations) if block is texts[-1] else ())
                    else:
                        yield kind("".join(pieces), native=tag)

    def _spoken(self) -> Iterator[File]:
        if any(self._audio.get("data", ())):  # Snowflake sends an empty one with every turn
            data = _sound(self._audio["data"])
            native = Native(self._origin, {"audio_id": "".join(self._audio.get("id", [])[:1])})
            said = "".join(self._audio.get("transcript", [])) or None
            yield File(
                "audio/wav" if data[:4] == b"RIFF" else "audio/unknown", data, transcript=said, native=native
            )


def _is_plain(delta: JsonObject) -> bool:
    """Whether it says nothing besides its content: what is null or empty says nothing."""
    return len(delta) == 1 or not any(said for name, said in delta.items() if name not in ("role", "content"))


def _sound(pieces: list[str]) -> bytes:
    """Pieces are encoded one by one, or are one text cut anywhere, which may end early."""
    text = "".join(pieces)
    try:
        return b"".join(base64.b64decode(piece) for piece in pieces)
    except ValueError:
        pass
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except ValueError as exc:
        raise InvalidResponse(f"the audio is not base64: {text[:60]!r}") from exc


def _continued(block: JsonObject, more: JsonObject) -> JsonObject:
    """A block of thinking with its next fragment: the texts join, the rest is said once."""
    joined = {**block, **{key: value for key, value in more.items() if value is not None}}
    match block.get("thinking"), more.get("thinking"):
        case str(text), str(further):
            joined["thinking"] = text + further
        case [*pieces, {"type": "text", "text": str(text)}], [{"type": "text", "text": str(further)}, *rest]:
            joined["thinking"] = [*pieces, {"type": "text", "text": text + further}, *rest]
        case list(pieces), list(rest):
            joined["thinking"] = [*pieces, *rest]
        case _:
            for key in {"text", "summary"} & block.keys() & more.keys():
                joined[key] = as_text(block[key]) + as_text(more[key])
    return joined


def _merge(details: list[JsonValue], detail: JsonObject) -> None:
    """Add a reasoning detail to those so far: fragments of one entry share its index and type, and their texts join."""
    last = details[-1] if details else None
    same = (
        isinstance(last, dict)
        and "index" in detail
        and all(last.get(key) == detail.get(key) for key in ("index", "type"))
    )
    if (
        not isinstance(last, dict)
        or not same
        or (last.get("id") and detail.get("id") not in (None, last["id"]))
    ):
        details.append(dict(detail))
        return
    for key, value in detail.items():
        joins = key in ("text", "summary", "data") and isinstance(value, str)
        if joins:
            last[key] = as_text(last.get(key)) + as_text(value)
        elif value is not None:
            last[key] = value


def _sign(blocks: list[JsonValue], block: JsonObject) -> None:
    """Add a block of signed thinking to those so far: fragments join until the one with the signature has come."""
    last = blocks[-1] if blocks else None
    if (
        not isinstance(last, dict)
        or last.get("signature")
        or last.get("type") != "thinking"
        or block.get("type") != "thinking"
    ):
        blocks.append(dict(block))
        return
    last["thinking"] = as_text(last.get("thinking")) + as_text(block.get("thinking"))
    last["signature"] = block.get("signature")


def _citation(cited: JsonObject) -> Citation:
    return Citation(
        url=as_text(cited.get("url")) or None,
        title=as_text(cited.get("title")) or None,
        quote=as_text(cited.get("content")) or None,
        start=as_count(cited.get("start_index")),
        end=as_count(cited.get("end_index")),
        raw=cited,
    )
