"""The machine of one streamed turn: fed with lines, asked at the end."""

from __future__ import annotations

from collections.abc import Sequence

from chat_completions.dialect import Dialect
from chat_core import (
    ChatResponse,
    Done,
    Event,
    Failed,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Notice,
    Origin,
    Pending,
    StreamTruncated,
    TurnEvent,
)
from chat_core.calls import CallIds
from chat_core.received import Halves, is_beginning, read_object
from chat_core.refused import decode_error

from chat_ollama.native.assembly import NativeAssembly
from chat_ollama.native.decode import response


class Lines:
    """JSON objects, one a line. The last one may be cut: whether it was, is for the end of the bytes to say."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._halves = Halves()
        self.cut: InvalidResponse | None = None

    def read(self, event: Event) -> list[JsonObject]:
        """What the event says: one line, or all where the server named another content type. Raises `ProviderError` for an error
        line and `InvalidResponse` for an unreadable one."""
        if event.type != "body":
            return self._line(event.data)
        try:
            return [_no_error(read_object(event.data, self._what), event.data)]
        except InvalidResponse as exc:
            if is_beginning(event.data):
                self.cut = exc
                return []
            return [line for text in event.data.split("\n") if text.strip() for line in self._line(text)]

    def _line(self, data: str) -> list[JsonObject]:
        if self.cut is not None:
            raise self.cut  # more has come, so the bytes did not end there
        if "\\u" in data:
            data = self._halves.join(data)
        try:
            return [_no_error(read_object(data, self._what), data)]
        except InvalidResponse as exc:
            if not is_beginning(data):
                raise
            self.cut = exc
            return []


def _no_error(line: JsonObject, data: str) -> JsonObject:
    if line.get("error"):
        raise decode_error(200, {}, data.encode())
    return line


class OllamaTurn:
    """The terminal sign is the line with `done: true`."""

    def __init__(self, *, origin: Origin, dialect: Dialect, ids: CallIds, notices: tuple[Notice, ...] = ()) -> None:
        self._notices = notices
        self._lines = Lines("a line of Ollama's")
        self._assembly = NativeAssembly(origin, dialect, ids)
        self._last: JsonObject = {}
        self._logprobs: list[JsonValue] = []
        self.finished = False

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one event says. Raises `ProviderError` for an error line and `InvalidResponse` for an unreadable one."""
        return [said for line in self._lines.read(event) for said in self._line(line)]

    def end(self) -> Done:
        """The whole turn. Raises `StreamTruncated` without the terminal sign."""
        if self.finished:
            return Done(self._response())
        partial = self._response()
        for call in partial.tool_calls:
            if isinstance(call.status, Pending):
                call.status = Failed("The stream was cut; the call was not run.")
        partial.message.interrupted = True
        raise StreamTruncated("the stream ended before the line that says it is done", partial=partial) from self._lines.cut

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
