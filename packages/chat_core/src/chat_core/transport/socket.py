"""One WebSocket connection: the protocol by websockets, without I/O, and the bytes by anyio, on asyncio and
trio.
"""

from __future__ import annotations

import selectors
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteStream, SocketAttribute

from chat_core.transport import Response
from chat_core.transport.http_errors import without_frames
from chat_core.types.errors import ConnectionFailed, InvalidResponse

if TYPE_CHECKING:
    from websockets.client import ClientProtocol
    from websockets.http11 import Response as HandshakeResponse
    from websockets.protocol import Event

_CLOSE_TIMEOUT = 0.5  # seconds that a close frame may take


class WebSocket:
    """An open connection: a `Socket`. Nothing is read while nobody receives."""

    def __init__(self, stream: ByteStream, protocol: ClientProtocol, server: str) -> None:
        self._stream = stream
        self._protocol = protocol
        self._server = server
        self._messages: deque[str | bytes] = deque()
        self._fragments: list[bytes] = []
        self._is_text = True  # of the message whose fragments are collected
        self._ended = False
        self._closed_here = False
        self._one_writer = anyio.Lock()
        self.opened: float = anyio.current_time()
        self.idle_since: float = self.opened
        self.memory: set[str] = set()  # ids that the server remembers as long as the connection lasts

    @property
    def close_code(self) -> int | None:
        """The code that the server closed with, or None."""
        close = self._protocol.close_rcvd
        return None if close is None else int(close.code)

    @property
    def close_reason(self) -> str:
        """The server's reason to close, or an empty text."""
        close = self._protocol.close_rcvd
        return "" if close is None else close.reason

    async def send(self, message: str | bytes, /) -> None:
        """Send one message. Raises `ConnectionFailed`, after which nobody knows whether it arrived."""
        if self._ended or self._closed_here:
            raise self._closed_error()
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        await self._flush()

    async def receive(self) -> str | bytes:
        """Return the next message, a `str` or `bytes` as it came.

        Raises `ConnectionFailed` where the connection ended, `InvalidResponse` for what is none.
        """
        while not self._messages:
            await self._read()
        return self._messages.popleft()

    @property
    def buffered(self) -> bool:
        """Whether `receive` returns without waiting."""
        return bool(self._messages)

    async def usable(self) -> bool:
        """Return whether it can carry another turn: what arrived meanwhile is read, and pings are
        answered.
        """
        try:
            while not self._ended and self._readable():
                with anyio.move_on_after(_CLOSE_TIMEOUT):
                    await self._read()
                    continue
                return False  # half a record of TLS, and no more to come
        except (ConnectionFailed, InvalidResponse):
            return False
        self._messages.clear()  # of a turn that is over
        return not self._ended

    async def aclose(self) -> None:
        """Send a close frame, where that is still possible, and close. The reply is not waited for."""
        self._closed_here = True
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(_CLOSE_TIMEOUT), suppress(Exception):
                if not self._ended:
                    self._protocol.send_close(1000)
                    await self._flush()
            with suppress(Exception):
                await anyio.aclose_forcefully(self._stream)

    async def handshake(self) -> Response | None:
        """Send the handshake.

        Return None once the connection is open, or the response of a server that refuses. What the server
        sent right behind its response is there to be received.
        """
        await self._flush()
        while True:
            data = await self._receive_bytes()
            events = self._feed(data)
            if events and isinstance(handshake := events[0], _handshake_type()):
                if self._protocol.handshake_exc is None:
                    self._take(events[1:])
                    return None
                headers = {name.lower(): value for name, value in handshake.headers.raw_items()}
                return Response(handshake.status_code, headers, bytes(handshake.body or b""))
            if not data or self._protocol.handshake_exc is not None:
                raise ConnectionFailed(
                    f"{self._server} did not respond to the handshake: is the base URL right?"
                )

    async def _receive_bytes(self) -> bytes:
        """Return the bytes that arrive next; none at the end."""
        try:
            return await self._stream.receive(65536)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            return b""

    def _feed(self, data: bytes) -> list[Event]:
        """Feed bytes to the protocol and return the handshake or the frames that they complete."""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        return self._protocol.events_received()

    def _readable(self) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream.extra(SocketAttribute.raw_socket), selectors.EVENT_READ)
            return bool(selector.select(0))

    async def _read(self) -> None:
        if self._ended:
            raise self._closed_error()
        data = await self._receive_bytes()
        self._take(self._feed(data))
        if not data or self._protocol.parser_exc is not None:
            self._ended = True
        with suppress(ConnectionFailed):  # of pongs and the reply to a close: reading raises it too
            await self._flush()
        if self._ended and not self._messages:
            raise self._closed_error()

    def _take(self, frames: Sequence[Event]) -> None:
        """Put together the messages that these frames are or end."""
        from websockets.frames import Frame, Opcode

        for frame in frames:
            assert isinstance(frame, Frame)
            if frame.opcode is Opcode.CLOSE:
                self._ended = True
            elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                if frame.opcode is not Opcode.CONT:
                    self._is_text = frame.opcode is Opcode.TEXT
                self._fragments.append(bytes(frame.data))
                if frame.fin:
                    message = b"".join(self._fragments)
                    self._messages.append(message.decode("utf-8", "replace") if self._is_text else message)
                    self._fragments.clear()

    def _closed_error(self) -> Exception:
        if self._closed_here:
            return ConnectionFailed(f"the connection to {self._server} was closed on this side")
        fault = self._protocol.parser_exc
        if fault is not None and type(fault).__name__ == "PayloadTooBig":
            return InvalidResponse(f"a message of {self._server} is larger than max_bytes allows: {fault}")
        close = self._protocol.close_rcvd
        reason = f"{close.code} {close.reason}".strip() if close is not None else "without a close frame"
        return ConnectionFailed(f"{self._server} closed the connection: {reason}")

    async def _flush(self) -> None:
        async with self._one_writer:
            if data := b"".join(self._protocol.data_to_send()):
                await self._send_bytes(data)

    async def _send_bytes(self, data: bytes) -> None:
        whole = False
        try:
            await self._stream.send(data)
            whole = True
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as exc:
            self._ended = True
            del data  # the handshake has the key in it, and tracebacks may show local variables
            raise ConnectionFailed(
                f"{self._server} closed the connection while it was sent to: {exc or type(exc).__name__}"
            ) from without_frames(exc)
        finally:
            self._ended = self._ended or not whole  # half a frame may be out: no other can follow it


@cache
def _handshake_type() -> type[HandshakeResponse]:
    from websockets.http11 import Response

    return Response
