"""The machine of one streamed turn: fed with lines, asked at the end."""

from __future__ import annotations

from collections.abc import Sequence

from chat_completions.dialect import Dialect
from chat_core import (
    ChatResponse,
    Done,
    Event,
    JsonObject,
    JsonValue,
    Notice,
    Origin,
    TurnEvent,
)
from chat_core.types.call_ids import CallIds
from chat_core.wire.frames import FrameReader

from chat_ollama.native.assembly import NativeAssembly
from chat_ollama.native.decode import check_line, response


class OllamaStreamDecoder:
    """The terminal sign is the line with `done: true`."""

    def __init__(
        self, *, origin: Origin, dialect: Dialect, ids: CallIds, notices: tuple[Notice, ...] = ()
    ) -> None:
        self._notices = notices
        self._frames = FrameReader("a line of Ollama's")
        self._assembly = NativeAssembly(origin, dialect, ids)
        self._last: JsonObject = {}
        self._logprobs: list[JsonValue] = []
        self.finished = False

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: the terminal sign has come."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one event says. Raises `ProviderError` for an error line and `InvalidResponse` for an unreadable one."""
        frames = self._frames.read_all(event)
        for frame in frames:
            check_line(frame)
        return [part for frame in frames for part in self._line(frame)]

    def finish(self) -> Done:
        """The whole turn. Raises `StreamTruncated` without the terminal sign."""
        if not self.finished:
            raise self._frames.truncated("the line that says it is done", self._response())
        return Done(self._response())

    def _line(self, line: JsonObject) -> Sequence[TurnEvent]:
        self._last = {name: value for name, value in line.items() if name not in ("message", "logprobs")}
        logprobs = line.get("logprobs")
        if isinstance(logprobs, list):
            self._logprobs += logprobs
        events = self._assembly.add(line)
        if line.get("done") is not True:
            return events
        self.finished = True
        return [*events, *self._assembly.flush()]

    def _response(self) -> ChatResponse:
        logprobs: JsonObject = {"logprobs": self._logprobs} if self._logprobs else {}
        whole = response(self._assembly, self._last | logprobs)
        return ChatResponse(whole.message, self._notices, whole.raw)
