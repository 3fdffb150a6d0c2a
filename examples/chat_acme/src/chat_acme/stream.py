"""The stream decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chat_core import Done, Event, JsonObject, Notice, Part, Text, TextChunk, ToolCallChunk, TurnEvent
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import CallIds, FrameReader, tool_call

from chat_acme.decode import check_frame, listed_calls, turn_of


@dataclass(slots=True)
class _Call:
    """A call as far as it has come."""

    id: str
    name: str
    pieces: list[str] = field(default_factory=list[str])


class AcmeStreamDecoder:
    """Reads one streamed turn. It does no I/O. The terminal sign is the frame with `end`.

    state    | frame   | what happens
    ---------|---------|---------------------------------------------------------
    reading  | `text`  | a `TextChunk`
    reading  | `call`  | a `ToolCallChunk`; a known id continues its call
    reading  | `end`   | finished
    reading  | error   | its `ProviderError` is raised
    reading  | others  | nothing: Acme may add kinds
    """

    def __init__(self, *, ids: CallIds, notices: tuple[Notice, ...] = ()) -> None:
        self._frames = FrameReader("a frame of Acme's")
        self._ids = ids
        self._notices = notices
        self._texts: list[str] = []
        self._calls: dict[str, _Call] = {}
        self._end: JsonObject = {}

    @property
    def finished(self) -> bool:
        """Whether the frame with `end` has come."""
        return bool(self._end)

    @property
    def complete(self) -> bool:
        """The same as `finished`: the bytes may not end before."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """Return what one event adds to the turn. Raises `ProviderError` and `InvalidResponse`."""
        frame = self._frames.read(event)
        if frame is None:
            return ()
        check_frame(frame)
        events: list[TurnEvent] = []
        if text := as_text(frame.get("text")):
            self._texts.append(text)
            events.append(TextChunk(text))
        pieces = [as_object(frame["call"])] if "call" in frame else listed_calls(frame)
        events += [self._add_call(piece) for piece in pieces]
        if "end" in frame:
            self._end = frame
        return events

    def finish(self) -> Done:
        """Return the whole turn. Raises `StreamTruncated` without the terminal sign."""
        text = "".join(self._texts)
        parts: list[Part] = [Text(text)] if text else []
        parts += [tool_call(call.id, call.name, "".join(call.pieces)) for call in self._calls.values()]
        turn = turn_of(parts, self._end, self._notices)
        if not self._end:
            raise self._frames.truncated("its frame with `end`", turn)
        return Done(turn)

    def _add_call(self, piece: JsonObject) -> ToolCallChunk:
        wire_id = as_text(piece.get("id"))
        known = self._calls.get(wire_id) if wire_id else None
        if known is None:
            known = _Call(self._ids.claim(wire_id), as_text(piece.get("name")))
            self._calls[wire_id or known.id] = known
        arguments = as_text(piece.get("arguments"))
        known.pieces.append(arguments)
        return ToolCallChunk(known.id, known.name, arguments)
