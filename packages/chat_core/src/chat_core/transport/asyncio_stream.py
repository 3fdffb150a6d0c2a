"""TCP and TLS on asyncio, for httpcore: `AsyncioBackend` and its `AsyncioStream`.

httpcore's own backend goes through anyio, which stops and starts reading around each read, with two calls of
the system and a cancel scope. Here the transport reads until 256 KiB wait for the reader. And the head of a
request leaves together with its body, in one call of the system and one packet.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Iterable
from typing import cast

import httpcore

from chat_core.transport.connected_socket import connected_socket
from chat_core.transport.small_reads import read_in_small_buffers

_BUFFERED = 256 * 1024  # bytes that may wait for the reader before the server has to
_JOINED = 64 * 1024  # bytes: a longer body is not copied behind its head


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """Opens connections on the running asyncio loop. The time limits are those of the caller."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[object] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection. Raises `httpcore.ConnectError`."""
        stream = AsyncioStream()
        try:
            connected = await connected_socket(host, port)
            await asyncio.get_running_loop().create_connection(lambda: stream.protocol, sock=connected)
        except OSError as exc:
            raise httpcore.ConnectError(str(exc)) from exc
        return stream


class AsyncioStream(httpcore.AsyncNetworkStream):
    """One connection. What is written leaves with the next empty write, which ends a request, or read."""

    def __init__(self) -> None:
        self.protocol: _Protocol = _Protocol()
        self._unsent: list[bytes] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has arrived, after a wait where nothing has; nothing at the end.

        Raises `httpcore.ReadError`.
        """
        if self._unsent:
            await self._send()
        protocol = self.protocol
        while not protocol.received:
            if protocol.ended:
                if protocol.failure is not None:
                    raise httpcore.ReadError(str(protocol.failure)) from protocol.failure
                return b""
            await protocol.changed()
        return protocol.take()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take what is to be sent, or send it. Raises `httpcore.WriteError`."""
        if buffer:
            self._unsent.append(buffer)
        elif self._unsent:
            await self._send()

    async def _send(self) -> None:
        parts, self._unsent = self._unsent, []
        protocol = self.protocol
        if len(parts) > 1 and sum(map(len, parts)) <= _JOINED:
            parts = [b"".join(parts)]
        for part in parts:
            if protocol.ended:
                raise httpcore.WriteError("the connection is closed") from protocol.failure
            protocol.transport.write(part)
        while protocol.paused and not protocol.ended:
            await protocol.changed()

    async def aclose(self) -> None:
        """Close the connection, in one turn of the loop: what cannot be sent in that is not sent."""
        transport = self.protocol.transport
        transport.close()
        try:
            await asyncio.sleep(0)
        finally:
            transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Return the same stream, encrypted. Raises `httpcore.ConnectError`."""
        protocol = self.protocol
        loop = asyncio.get_running_loop()
        try:
            encrypted = await loop.start_tls(
                protocol.transport, protocol, ssl_context, server_hostname=server_hostname
            )
        except OSError as exc:  # ssl.SSLError is one
            await self.aclose()
            raise httpcore.ConnectError(str(exc)) from exc
        if encrypted is None:  # the connection was closed meanwhile
            raise httpcore.ConnectError("the connection was closed in the TLS handshake")
        protocol.transport = encrypted
        return self

    def get_extra_info(self, info: str) -> object:
        """Return what httpcore reads of a connection."""
        if info == "is_readable":
            return self.protocol.is_readable()
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self.protocol.transport.get_extra_info(names.get(info, info))


class _Protocol(asyncio.Protocol):
    """What has arrived on a connection, and the one who waits for it or for room to send."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.ended: bool = False
        self.paused: bool = False  # whether sending has to wait
        self.failure: Exception | None = None
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop has no subclass of it
        read_in_small_buffers(transport)

    def data_received(self, data: bytes) -> None:
        self.received.append(data)
        self._size += len(data)
        if self._size >= _BUFFERED:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.failure = exc
        self._wake()

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self._wake()

    def take(self) -> bytes:
        """Return what has arrived."""
        received = self.received
        data = received[0] if len(received) == 1 else b"".join(received)
        received.clear()
        if self._size >= _BUFFERED and not self.ended:
            self.transport.resume_reading()
        self._size = 0
        return data

    def changed(self) -> asyncio.Future[None]:
        """Return what is set when something has arrived, room is there, or the connection has ended."""
        self._waiter = asyncio.get_running_loop().create_future()
        return self._waiter

    def is_readable(self) -> bool:
        """Return whether something has arrived, if only the end, that the loop may not have read yet."""
        if self.received or self.ended:
            return True
        fileno: int = self.transport.get_extra_info("socket").fileno()
        if not hasattr(select, "poll"):  # on Windows
            return bool(select.select([fileno], [], [], 0)[0])
        poll = select.poll()
        poll.register(fileno, select.POLLIN)
        return bool(poll.poll(0))

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
