"""The socket of a session, whose server refuses settings by closing it."""

from __future__ import annotations

from chat_core import ConnectionFailed
from chat_core.transport import Socket

from chat_gemini.live.decode import refusal


class SetupSocket:
    """A `Socket` that raises the server's error where it closes before its first message.

    There is no other answer to settings that it refuses: code 1007 for what is wrong in them, 1008 for a
    model that there is not. Facts: reported sessions, November 2026.
    """

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._has_answered = False

    @property
    def close_code(self) -> int | None:
        """The code that the server closed with."""
        return self._socket.close_code

    @property
    def close_reason(self) -> str:
        """The reason that the server gave."""
        return self._socket.close_reason

    async def send(self, message: str | bytes, /) -> None:
        """Send one message."""
        await self._socket.send(message)

    async def receive(self) -> str | bytes:
        """Return the next message. Raises `ProviderError` for settings that were refused."""
        try:
            message = await self._socket.receive()
        except ConnectionFailed as exc:
            error = refusal(self.close_code, self.close_reason)
            if self._has_answered or error is None:
                raise
            raise error from exc
        self._has_answered = True
        return message

    async def aclose(self) -> None:
        """Close it."""
        await self._socket.aclose()
