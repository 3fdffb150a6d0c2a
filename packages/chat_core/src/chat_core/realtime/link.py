"""The connection of a session: its socket, and the codec that knows what goes over it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

import anyio

from chat_core.realtime.updates import SessionReady
from chat_core.types.errors import ChatError, ConnectionFailed, StreamTruncated, TimedOut

if TYPE_CHECKING:
    from chat_core.realtime.inputs import RealtimeInput
    from chat_core.realtime.provider import RealtimeCodec, RealtimeProvider
    from chat_core.realtime.updates import RealtimeUpdate
    from chat_core.transport import Socket
    from chat_core.types.request import ChatRequest
    from chat_core.types.response import ChatResponse

_SETUP = 30.0  # seconds in which a server has to take the settings of a session


class Link:
    """One open connection. Any end of it that this side did not want is `StreamTruncated`."""

    def __init__(self, socket: Socket, codec: RealtimeCodec) -> None:
        self._socket = socket
        self._codec = codec
        self._one_sender = anyio.Lock()

    @staticmethod
    async def open(provider: RealtimeProvider, request: ChatRequest) -> Link:
        """Return a connection whose server has taken the settings. Raises a `ChatError`."""
        codec = provider.open_codec(request)
        link = Link(await provider.connect(), codec)
        try:
            with anyio.move_on_after(_SETUP):
                await link._set_up()
                return link
            raise TimedOut("first_event", _SETUP)
        except BaseException:
            await link.aclose()
            raise

    async def send(self, given: RealtimeInput) -> bool:
        """Encode an input and send it. Return whether there was anything to send."""
        messages = self._codec.encode(given)
        if messages:
            async with self._one_sender:  # what belongs together is not mixed with what others send
                await self._send(messages)
        return bool(messages)

    def read(self, message: str | bytes) -> Sequence[RealtimeUpdate]:
        """Return what a message of the server says."""
        return self._codec.feed(message)

    async def messages(self) -> AsyncGenerator[str | bytes]:
        """Yield the messages of the server as they arrive. Raises `ConnectionFailed` where they end."""
        while True:
            yield await self._socket.receive()

    def partial(self) -> ChatResponse:
        """Return the response that has begun and not ended."""
        return self._codec.partial()

    async def aclose(self) -> None:
        """Close the connection."""
        with anyio.CancelScope(shield=True):
            await self._socket.aclose()

    def truncated(self, cause: ChatError) -> StreamTruncated:
        """Return the error of a session that was closed, with the response that it was at."""
        error = StreamTruncated(
            f"the session was closed before it was left: {cause}", partial=self._codec.partial()
        )
        error.__cause__ = cause
        return error

    async def _set_up(self) -> None:
        await self._send(self._codec.begin())
        while True:
            try:
                message = await self._socket.receive()
            except ConnectionFailed as exc:
                raise self.truncated(exc) from exc
            if any(isinstance(update, SessionReady) for update in self.read(message)):
                return

    async def _send(self, messages: Sequence[str | bytes]) -> None:
        try:
            for message in messages:
                await self._socket.send(message)
        except ConnectionFailed as exc:
            raise self.truncated(exc) from exc
