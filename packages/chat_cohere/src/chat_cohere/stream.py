"""The stream decoder of one turn of `/v2/chat`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chat_core import (
    ChatResponse,
    Done,
    Event,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Notice,
    Origin,
    Part,
    ReasoningChunk,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire import CallIds, FrameReader, fail_pending, is_error_object

from chat_cohere.decode.errors import unexpected
from chat_cohere.decode.parts import call_part, cited_text, plain_text, plan_text, thinking_part
from chat_cohere.decode.response import citations_of, parts_of, response

_END_FIELDS = frozenset({"type", "index", "delta", "id"})


@dataclass(slots=True)
class _Block:
    """A piece of the turn as far as it has come: a text, reasoning, a plan or a call."""

    kind: str
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])
    ended: bool = False


class CohereStreamDecoder:
    """Reads one streamed turn. The terminal sign is `message-end`.

    state    | event                                | what happens
    ---------|--------------------------------------|---------------------------------------------------
    reading  | `message-start`                      | the id is kept
    reading  | `tool-plan-delta`                    | a `TextChunk`, marked as an aside
    reading  | `content-start`, `content-delta`     | a `TextChunk` or a `ReasoningChunk`
    reading  | `tool-call-start`, `tool-call-delta` | a `ToolCallChunk`
    reading  | `…-end`                              | the block ends
    reading  | `citation-start`                     | kept for the text that it belongs to
    reading  | `message-end`                        | finished; one that failed is its `ProviderError`
    finished | any but `message-end` and `debug`    | `InvalidResponse`
    any      | an unknown one                       | kept in the response's `raw`, under `unknown_events`

    Contents and calls have indexes of their own.
    """

    def __init__(self, *, origin: Origin, ids: CallIds, notices: tuple[Notice, ...] = ()) -> None:
        self._origin = origin
        self._ids = ids
        self._notices = notices
        self._frames = FrameReader("an event of a chat")
        self._blocks: dict[tuple[str, int], _Block] = {}
        self._citations: list[JsonObject] = []
        self._ending: JsonObject = {}
        self._unknown_events: list[JsonValue] = []
        self._whole_parts: list[Part] | None = None
        self.finished: bool = False

    @property
    def complete(self) -> bool:
        """The same as `finished`: what follows `message-end` is `[DONE]`."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """Return what one event adds to the turn. Raises `ProviderError` and `InvalidResponse`."""
        frame = self._frames.read(event)
        if frame is None:
            return ()
        if event.type == "body" and "type" not in frame:
            return self._whole(frame)
        kind = as_text(frame.get("type")) or event.type
        if self.finished and kind not in ("message-end", "debug"):
            raise InvalidResponse(f"an event after the end of the turn: {self._frames.quote_last()}")
        return self._read(kind, frame)

    def finish(self) -> Done:
        """Return the whole turn. Raises `StreamTruncated` without the terminal sign."""
        if not self.finished:
            raise self._frames.truncated("message-end", self._response())
        return Done(self._response())

    def _read(self, kind: str, frame: JsonObject) -> Sequence[TurnEvent]:
        message = as_object(as_object(frame.get("delta")).get("message"))
        match kind:
            case "content-delta" | "content-start":
                return self._content(frame, as_object(message.get("content")), starts=kind == "content-start")
            case "tool-plan-delta":
                return self._add(self._block("plan", 0), plain_text(message.get("tool_plan")))
            case "tool-call-start":
                return self._start_call(self._index(frame), _call_of(message.get("tool_calls")))
            case "tool-call-delta":
                function = as_object(_call_of(message.get("tool_calls")).get("function"))
                return self._add(self._open_call(self._index(frame)), plain_text(function.get("arguments")))
            case "tool-call-end":
                self._open_call(self._index(frame)).ended = True
            case "citation-start":
                self._citations += [
                    item for item in _listed(message.get("citations")) if isinstance(item, dict)
                ]
            case "message-start":
                self._ending["id"] = frame.get("id")
            case "message-end":
                self._end(frame)
            case "content-end" | "citation-end" | "debug":
                pass
            case _:
                self._unknown(frame)
        return ()

    def _content(self, frame: JsonObject, content: JsonObject, *, starts: bool) -> Sequence[TurnEvent]:
        index = self._index(frame)
        kind = "thinking" if "thinking" in content or content.get("type") == "thinking" else "text"
        block = self._block("content", index, kind)
        if starts and block.pieces:
            raise InvalidResponse(f"a content starts twice: {self._frames.quote_last()}")
        if block.kind != kind:
            raise InvalidResponse(f"a content changes its kind: {self._frames.quote_last()}")
        return self._add(block, plain_text(content.get(kind)))

    def _start_call(self, index: int, call: JsonObject) -> Sequence[TurnEvent]:
        if ("call", index) in self._blocks:
            raise InvalidResponse(f"a call starts twice: {self._frames.quote_last()}")
        function = as_object(call.get("function"))
        block = self._block("call", index)
        block.id = self._ids.claim(as_text(call.get("id")))
        block.name = as_text(function.get("name"))
        first: list[TurnEvent] = [ToolCallChunk(block.id, block.name, "")]
        return [*first, *self._add(block, plain_text(function.get("arguments")))]

    def _open_call(self, index: int) -> _Block:
        block = self._blocks.get(("call", index))
        if block is None or block.ended:
            raise InvalidResponse(f"a call continues that is not open: {self._frames.quote_last()}")
        return block

    def _block(self, place: str, index: int, kind: str | None = None) -> _Block:
        return self._blocks.setdefault((place, index), _Block(kind or place))

    def _add(self, block: _Block, text: str) -> Sequence[TurnEvent]:
        if not text:
            return ()
        block.pieces.append(text)
        match block.kind:
            case "thinking":
                return (ReasoningChunk(text),)
            case "call":
                return (ToolCallChunk(block.id, block.name, text),)
            case kind:
                return (TextChunk(text, aside=kind == "plan"),)

    def _index(self, frame: JsonObject) -> int:
        index = as_count(frame.get("index"))
        if index is None:
            raise InvalidResponse(f"an event without the index of its block: {self._frames.quote_last()}")
        return index

    def _end(self, frame: JsonObject) -> None:
        self.finished = True
        beside = {name: value for name, value in frame.items() if name not in _END_FIELDS}
        self._ending |= beside | as_object(frame.get("delta"))
        response([], self._ending)  # raises where the generation has failed

    def _whole(self, frame: JsonObject) -> Sequence[TurnEvent]:
        """Read a response that came whole although it was to be streamed."""
        self._whole_parts = parts_of(frame, self._origin, self._ids)
        self._ending |= {name: value for name, value in frame.items() if name != "message"}
        self.finished = True
        whole = response(self._whole_parts, self._ending).message
        shown: list[TurnEvent] = [ReasoningChunk(whole.reasoning)] if whole.reasoning else []
        return [*shown, TextChunk(whole.text)] if whole.text else shown

    def _unknown(self, frame: JsonObject) -> None:
        is_named = frame.get("type") == "error" or frame.get("error")
        if (is_named or "type" not in frame) and is_error_object(frame):
            raise unexpected(frame, "an event of a chat")
        self._unknown_events.append(frame)
        self._ending["unknown_events"] = self._unknown_events

    def _response(self) -> ChatResponse:
        parts = self._parts() if self._whole_parts is None else self._whole_parts
        whole = response(parts, self._ending)
        return replace(whole, notices=self._notices + whole.notices, raw={**self._ending})

    def _parts(self) -> list[Part]:
        first = min((index for (_, index), block in self._blocks.items() if block.kind == "text"), default=0)
        return [
            part
            for (_, index), block in self._blocks.items()
            if (part := self._part(block, citations_of(self._citations, index, first)))
        ]

    def _part(self, block: _Block, citations: list[JsonObject]) -> Part | None:
        text = "".join(block.pieces)
        match block.kind:
            case "call":
                call = call_part(block.id, block.name, text)
                if not block.ended and not text.strip():
                    fail_pending([call], "The call was cut before its arguments; it was not run.")
                return call
            case _ if not text:
                return None
            case "plan":
                return plan_text(text)
            case "thinking":
                return thinking_part(text, self._origin)
            case _:
                return cited_text(text, citations, self._origin)


def _call_of(value: JsonValue) -> JsonObject:
    """Return the one call of an event: an object, or a list of one."""
    return as_object(next(iter(_listed(value)), None))


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]
