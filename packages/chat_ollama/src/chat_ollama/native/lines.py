"""A streamed body of Ollama's: JSON objects, one a line."""

from __future__ import annotations

from chat_core import Event, InvalidResponse, JsonObject
from chat_core.wire.error_body import decode_error
from chat_core.wire.read import Halves, is_beginning, read_object


class Lines:
    """The lines of one stream. The last one may be cut: whether it was, is for the end of the bytes to say."""

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
