"""A WebSocket without a network, for tests of realtime sessions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

import anyio

from chat_core.types.errors import ConnectionFailed
from chat_core.types.json_values import JsonObject, JsonValue, as_object
from chat_core.types.short_repr import Shown, Values


class FakeSocket(Shown):
    """A `Socket` whose other side is the test: `push` what the server sends, read what was `sent`.

    `FakeTransport().accept(socket)` queues it for the next `connect`.
    """

    def __init__(self) -> None:
        self.messages: list[str | bytes] = []
        self.is_closed: bool = False
        self.close_code: int | None = None
        self.close_reason: str = ""
        self._received: list[str | bytes] = []
        self._is_open = True
        self._news = anyio.Event()

    def _shown(self) -> Values:
        yield "sent", len(self.messages)
        yield "left", len(self._received)

    @property
    def sent(self) -> list[JsonObject]:
        """The JSON objects that were sent, in order."""
        return [as_object(cast("JsonValue", json.loads(message))) for message in self.messages]

    def push(self, *messages: str | bytes | Mapping[str, object]) -> FakeSocket:
        """Let the server send messages: an object as JSON text, a text or bytes as they are."""
        self._received += [
            message if isinstance(message, str | bytes) else json.dumps(message, ensure_ascii=False)
            for message in messages
        ]
        self._notify()
        return self

    def close(self, code: int | None = 1000, reason: str = "") -> FakeSocket:
        """Let the server close, after what it has sent; a code of None is a connection that breaks."""
        self._is_open = False
        self.close_code, self.close_reason = code, reason
        self._notify()
        return self

    async def send(self, message: str | bytes, /) -> None:
        """Note a message. Raises `ConnectionFailed` where the connection has ended."""
        if self.is_closed or not (self._is_open or self._received):
            raise self._closed_error()
        self.messages.append(message)

    async def receive(self) -> str | bytes:
        """Return what the server sends next. Raises `ConnectionFailed` at the end of the connection."""
        while True:
            if self.is_closed:
                raise self._closed_error()
            if self._received:
                return self._received.pop(0)
            if not self._is_open:
                raise self._closed_error()
            await self._news.wait()

    async def aclose(self) -> None:
        """Close it on this side."""
        self.is_closed = True
        self._notify()

    def _notify(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    def _closed_error(self) -> ConnectionFailed:
        if self.is_closed:
            return ConnectionFailed("the connection was closed on this side")
        return ConnectionFailed(f"the server closed the connection: {self.close_code} {self.close_reason}")
