"""The decoder of one streamed turn of `/api/chat`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from chat_core import ChatResponse, Done, Event, JsonObject, JsonValue, Notice, Origin, TurnEvent
from chat_core.types.json_values import as_object
from chat_core.wire import CallIds, FrameReader, FrameShape, read_object

from chat_ollama.native.decode.frames import check_frame, is_last
from chat_ollama.native.decode.parts import TurnAssembler
from chat_ollama.native.decode.response import response

_FRAME = "a line of Ollama's"


class OllamaStreamDecoder:
    """Makes events of the lines of one turn. The terminal sign is the line with `done: true`.

    state    | line                          | what happens
    ---------|-------------------------------|-------------------------------------------------------
    reading  | `message`                     | its events: reasoning, text, images, calls
    reading  | `done: true`                  | its events, and what was kept back; finished
    reading  | `error`, or another error     | `ProviderError`
    reading  | something else                | no events; its fields are in `raw` until the next line
    reading  | no JSON object                | `InvalidResponse`, or a cut: see `FrameReader`
    finished | anything                      | not fed
    """

    def __init__(
        self,
        *,
        origin: Origin,
        ids: CallIds,
        think_tags: Literal["text", "tags", "open"] = "text",
        notices: tuple[Notice, ...] = (),
    ) -> None:
        self._notices = notices
        self._frames = FrameReader(_FRAME, FrameShape(padding=("created_at",)))
        self._shape = self._frames.shape
        self._assembler = TurnAssembler(origin, ids, think_tags)
        self._last: JsonObject = {}
        self._logprobs: list[JsonValue] = []
        self.finished: bool = False

    @property
    def complete(self) -> bool:
        """Return whether the bytes may end here: the terminal sign has come."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """Return the events of one line.

        Raises `ProviderError` for an error, `InvalidResponse` for no JSON object.
        """
        if (added := self._shape.read(event)) is not None:
            return added
        self._settle()
        frames = self._frames.read_all(event)
        for frame in frames:
            check_frame(frame)
        events = [part for frame in frames for part in self._read(frame)]
        if len(frames) == 1 and not self.finished:
            self._learn(event, frames[0])
        return events

    def finish(self) -> Done:
        """Return the whole turn. Raises `StreamTruncated` without the terminal sign."""
        if not self.finished:
            raise self._frames.truncated("the line that says it is done", self._response())
        return Done(self._response())

    def _learn(self, event: Event, frame: JsonObject) -> None:
        """Tell of a line that has nothing that counts but one text: its other fields are those of the next
        line too, or replaced by them.
        """
        message = frame.get("message")
        if event.type != "message" or not isinstance(message, dict) or "logprobs" in frame:
            return
        if (continued := self._assembler.continuation(message)) is not None:
            self._frames.learn(event, *continued)

    def _settle(self) -> None:
        """Keep the fields of the last line that was like those before it: only its text was taken."""
        if data := self._shape.last:
            self._last = _beside(read_object(data, _FRAME))

    def _read(self, frame: JsonObject) -> Sequence[TurnEvent]:
        if self.finished:
            return ()
        self._last = _beside(frame)
        logprobs = frame.get("logprobs")
        if isinstance(logprobs, list):
            self._logprobs += logprobs
        events = self._assembler.add(as_object(frame.get("message")))
        if not is_last(frame):
            return events
        self.finished = True
        return [*events, *self._assembler.flush()]

    def _response(self) -> ChatResponse:
        self._settle()
        logprobs: JsonObject = {"logprobs": self._logprobs} if self._logprobs else {}
        turn = response(self._assembler, self._last | logprobs)
        return ChatResponse(turn.message, turn.notices + self._notices, turn.raw)


def _beside(frame: JsonObject) -> JsonObject:
    """Return what a line has besides content."""
    return {name: value for name, value in frame.items() if name not in ("message", "logprobs")}
