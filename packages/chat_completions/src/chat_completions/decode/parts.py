"""The parts of a turn, put together from deltas.

A whole message is one delta, so that every field is read in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from chat_core import (
    Citation,
    FileReady,
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
    ToolCall,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.types.json_values import as_list, as_object
from chat_core.wire import CallIds

from chat_completions.decode.blocks import Blocks, Kind
from chat_completions.decode.calls import CallAssembler, merge_fields
from chat_completions.decode.media import Speech, read_citation, read_image
from chat_completions.decode.reasoning import FIELDS, read_reasoning, read_thinking_part
from chat_completions.decode.think_tags import ThinkTags
from chat_completions.decode.values import text_of_value
from chat_completions.wire import THINK_TAG

_KNOWN = frozenset(
    {
        *("role", "content", "refusal", "tool_calls", "function_call", "audio", "annotations"),
        *("images", "reasoning_content", "reasoning", "reasoning_details", "thinking_blocks"),
        *("name", "index", "id", "type", "object", "model", "created", "text", "token_id"),
        *("channel", "executed_tools", "logprobs", "finish_reason", "usage", "obfuscation"),
        *("citations", "search_results", "prefix"),
    }
)


_IGNORED = ("role", "channel")
_EMPTY: tuple[JsonValue, ...] = (None, "", [])

Continuation: TypeAlias = tuple[str, Callable[[str], Sequence[TurnEvent] | None]]
"""The one text of a delta, and what takes the next text of a delta like it."""


class TurnParts:
    """The parts of one choice, in the order received."""

    def __init__(
        self, origin: Origin, ids: CallIds, think_tags: Literal["text", "tags", "open"] = "text"
    ) -> None:
        self._origin = origin
        self._tags = None if think_tags == "text" else ThinkTags(think_tags)
        self._blocks = Blocks(origin)
        self._calls = CallAssembler(origin, ids)
        self._function_calls = CallAssembler(origin, ids)  # of the predecessor of tool calls
        self._call_fields: JsonObject = {}
        self._citations: list[Citation] = []
        self._speech = Speech()
        self.is_empty: bool = True  # whether no delta has brought content yet

    def add(self, delta: JsonObject, *, whole: bool = False) -> Sequence[TurnEvent]:
        """Take a delta, or a `whole` message, and return what it adds.

        Once there was one, `is_empty` is False.
        """
        content = delta.get("content")
        if content and isinstance(content, str) and self._tags is None and _is_plain(delta):
            return self.add_text(content)
        events: list[TurnEvent] = []
        read_reasoning(delta, self._blocks, events)
        if not delta.keys() <= _KNOWN:
            self._keep_fields(delta)
        self._content(content, events, whole=whole)
        self._other_fields(delta, events)
        self._call_fragments(delta, events, whole=whole)
        if self.is_empty:
            self.is_empty = not (events or self._blocks.items)
        return events

    def add_text(self, text: str) -> Sequence[TurnEvent]:
        """Do what `add` does for a delta of one text, as nearly all of a stream are."""
        if not text or self._tags is not None:
            events: list[TurnEvent] = []
            self._text(text, events)
            self.is_empty = self.is_empty and not (events or self._blocks.items)
            return events
        self.is_empty = False
        self._blocks.append(Text, text)
        return (TextChunk(text),)

    def add_fragment(self, delta: JsonObject) -> ToolCallChunk | None:
        """Do what `add` does for a delta that only continues a call; of any other nothing is taken."""
        match delta.get("tool_calls"):
            case [dict(fragment)] if len(delta) == 1:
                return self._calls.continued(fragment)
            case _:
                return None

    def continuation(self, delta: JsonObject) -> Continuation | None:
        """Return the text of a delta that was added, where it has only one, of a kind that has come before;
        else None.
        """
        if not delta.keys() <= _KNOWN:
            return None
        filled = [name for name in delta if name not in _IGNORED and delta[name] not in _EMPTY]
        name = filled[0] if len(filled) == 1 else ""
        match name, delta.get(name):
            case "content", str(text):
                append = self._appender(Text, TextChunk) if self._tags is None else self.add_text
            case "tool_calls", [dict(fragment)]:
                return self._calls.continuation(fragment)
            case _, str(text) if name in FIELDS:
                append = self._appender(Reasoning, ReasoningChunk)
            case _:
                return None
        return text, append

    def parts(self) -> list[Part]:
        """Return all of them. A call whose arguments are no JSON object is `Failed`."""
        speech = self._speech.file(self._origin)
        return [
            *self._blocks.parts(tuple(self._citations)),
            *([speech] if speech is not None else []),
            *self._finished_calls(),
        ]

    def flush(self) -> Sequence[TurnEvent]:
        """Return what was kept back, since it could have been the beginning of a tag."""
        events: list[TurnEvent] = []
        if self._tags is not None:
            self._runs(self._tags.end(), events)
        return events

    def _appender(
        self, kind: Kind, chunk: type[TextChunk | ReasoningChunk]
    ) -> Callable[[str], Sequence[TurnEvent]]:
        """Return what adds further texts of this kind, of which one came last."""
        block = self._blocks.last(kind)
        assert block is not None, "a text was added"
        pieces = block.pieces

        def append(text: str) -> Sequence[TurnEvent]:
            pieces.append(text)
            return (chunk(text),)

        return append

    def _content(self, content: JsonValue, events: list[TurnEvent], *, whole: bool) -> None:
        match content:
            case str():
                self._text(content, events)
            case None:
                pass
            case list():
                for item in content:
                    self._content_item(item, events, whole=whole)
            case {"type": str()} | {"text": str()}:  # one part that stands alone instead of in a list
                self._content_item(content, events, whole=whole)
            case _:  # some servers parse a text that is JSON
                self._text(text_of_value(content) if content != {} else "{}", events)

    def _content_item(self, item: JsonValue, events: list[TurnEvent], *, whole: bool) -> None:
        """Read a part of the content: Mistral sends a list of them, and so do some gateways."""
        if not isinstance(item, dict):
            self._text(text_of_value(item), events)
            return
        match item.get("type"), item.get("text"):
            case "thinking" | "reasoning" | "reasoning_content", _:
                read_thinking_part(item, self._blocks, events, whole=whole)
            case "image_url", _:
                self._image(item, events)
            case "reference", _:
                self._citations.append(Citation(raw=item))
            case "refusal", _:
                self._refusal(text_of_value(item.get("refusal")), events)
            case _, str(text):
                self._text(text, events)
            case str(), _:  # kept as it is, and sent back
                self._blocks.items.append(Opaque(Native(self._origin, item)))
            case _:
                self._text(text_of_value(item), events)

    def _text(self, text: str, events: list[TurnEvent]) -> None:
        if not text:
            return
        if self._tags is not None:
            self._runs(self._tags.feed(text), events)
            return
        self._blocks.append(Text, text)
        events.append(TextChunk(text))

    def _runs(
        self, runs: Iterator[tuple[Literal["reasoning", "text"], str]], events: list[TurnEvent]
    ) -> None:
        for kind, text in runs:
            if kind == "reasoning":
                self._blocks.append(Reasoning, text).native.setdefault("field", THINK_TAG)
                events.append(ReasoningChunk(text))
            else:
                self._blocks.append(Text, text)
                events.append(TextChunk(text))

    def _other_fields(self, delta: JsonObject, events: list[TurnEvent]) -> None:
        self._refusal(text_of_value(delta.get("refusal")), events)
        for image in _listed(delta.get("images")):
            self._image(image, events)
        if audio := as_object(delta.get("audio")):
            self._speech.add(audio)
        for annotation in as_list(delta.get("annotations")):
            if (citation := read_citation(annotation)) is not None:
                self._citations.append(citation)

    def _refusal(self, text: str, events: list[TurnEvent]) -> None:
        if text:
            self._blocks.append(Refusal, text)
            events.append(RefusalChunk(text))

    def _call_fragments(self, delta: JsonObject, events: list[TurnEvent], *, whole: bool) -> None:
        fragments = _listed(delta.get("tool_calls"))
        events += [self._calls.add(fragment, whole=whole) for fragment in fragments]
        if fragments:
            return
        function = as_object(delta.get("function_call"))
        if any(function.values()):
            chunk = self._function_calls.add({"function": function})
            if not self._calls.calls_begun:
                events.append(chunk)

    def _image(self, item: JsonObject, events: list[TurnEvent]) -> None:
        file = read_image(item)
        if file is not None:
            self._blocks.items.append(file)
            events.append(FileReady(file))

    def _keep_fields(self, delta: JsonObject) -> None:
        """Keep fields of the server's own that come beside reasoning or beside a call: it may want them
        back.
        """
        fields: JsonObject = {name: value for name, value in delta.items() if name not in _KNOWN}
        if (thought := self._blocks.last(Reasoning)) is not None:
            merge_fields(as_object(thought.native.setdefault("message", {})), fields)
        elif delta.get("tool_calls"):
            merge_fields(self._call_fields, fields)

    def _finished_calls(self) -> list[ToolCall]:
        """Return the calls; `function_call` counts only where there are no `tool_calls`, since some send
        both.
        """
        calls = self._calls.calls() or self._function_calls.calls()
        if calls and self._call_fields:
            first = calls[0]
            data = first.native.data if first.native else {}
            native = Native(self._origin, {**data, "message": self._call_fields})
            calls[0] = replace(first, native=native)
        return calls


def whole_parts(
    message: JsonObject, origin: Origin, ids: CallIds, think_tags: Literal["text", "tags", "open"]
) -> list[Part]:
    """Return the parts of a whole message."""
    content = message.get("content")
    if content and type(content) is str and think_tags == "text" and _is_plain(message):
        return [Text(content)]  # nearly always: what assembles turns would take ten times as long
    parts = TurnParts(origin, ids, think_tags)
    parts.add(message, whole=True)
    parts.flush()
    return parts.parts()


def _is_plain(delta: JsonObject) -> bool:
    """Return whether a delta holds nothing besides its content: what is null or empty holds nothing."""
    if len(delta) > 1:
        for name, value in delta.items():
            if value and name != "content" and name != "role":
                return False
    return True


def _listed(value: JsonValue) -> list[JsonObject]:
    """Return the objects of a list, or a single one in its place."""
    if isinstance(value, dict):
        return [value] if value else []
    return [item for item in as_list(value) if isinstance(item, dict)]
