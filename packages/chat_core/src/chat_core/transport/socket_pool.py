"""WebSocket connections that are kept between turns, per event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TypeAlias
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, ref

import anyio

from chat_core.transport import Request, Response
from chat_core.transport.cancel_safe import run_cancel_safe
from chat_core.transport.pools import EventLoop, running_loop
from chat_core.transport.socket import Socket

Address: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
_NOT_IN_A_HANDSHAKE = (
    "content-type",
    "content-length",
    "accept",
)  # headers of a body, and a handshake has none


class SocketPool:
    """The connections of one transport, on every event loop that it is used on.

    `url` stands for the URL of every request, None for none. After `max_age` seconds a connection is not used again.
    """

    def __init__(self, url: str | None, max_age: float, max_bytes: int) -> None:
        self._url = url
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._by_loop: WeakKeyDictionary[EventLoop, _Idle] = WeakKeyDictionary()

    async def take(self, request: Request, remembers: str) -> Socket | Response:
        """Return an idle connection, first one that `remembers` this id, or a new one; or how the server refused it."""
        idle = self._by_loop.setdefault(running_loop(), _Idle())
        address = self._address(request)
        while (socket := idle.take(address, remembers)) is not None:
            if anyio.current_time() - socket.opened < self._max_age and await socket.usable():
                return socket
            await run_cancel_safe(socket.close)
        return await self._open(address[0], request)

    async def give_back(self, request: Request, socket: Socket) -> None:
        """Keep a connection whose turn has ended."""
        idle = self._by_loop.setdefault(running_loop(), _Idle())
        await idle.add(self._address(request), socket)

    async def aclose(self) -> None:
        """Close the idle connections of the running loop."""
        idle = self._by_loop.pop(running_loop(), None)
        if idle is not None:
            await idle.aclose()

    async def _open(self, url: str, request: Request) -> Socket | Response:
        opened: list[Socket | Response] = []

        async def work() -> None:
            headers = {
                name: value
                for name, value in request.headers.items()
                if name.lower() not in _NOT_IN_A_HANDSHAKE
            }
            connect = request.timeouts.connect
            opened.append(await Socket.open(url, headers, connect=connect, max_bytes=self._max_bytes))

        try:
            await run_cancel_safe(work)
        except (
            BaseException
        ):  # it may have been cancelled in the very moment in which the connection was open
            for socket in opened:
                if isinstance(socket, Socket):
                    await run_cancel_safe(socket.close)
            raise
        return opened[0]

    def _address(self, request: Request) -> Address:
        """Return the key of a connection: a request goes only over one that was opened with its own headers."""
        url = request.url
        if self._url is not None:
            query = urlsplit(url).query
            url = self._url + (f"?{query}" if query and "?" not in self._url else "")
        return url, tuple(sorted(request.headers.items()))


class _Idle:
    """The idle connections of one event loop. They are closed with it, if not before."""

    def __init__(self) -> None:
        self._sockets: dict[Address, list[Socket]] = {}
        self._life: AsyncGenerator[None] | None = None

    def take(self, address: Address, remembers: str) -> Socket | None:
        sockets = self._sockets.get(address)
        if not sockets:
            return None
        remembering = (at for at, socket in enumerate(sockets) if remembers in socket.memory)
        return sockets.pop(next(remembering, -1))

    async def add(self, address: Address, socket: Socket) -> None:
        if self._life is None:
            self._life = _life(ref(self))
            await anext(self._life)
        self._sockets.setdefault(address, []).append(socket)

    async def aclose(self) -> None:
        if self._life is not None:
            await self._life.aclose()

    async def close_all(self) -> None:
        self._life = None
        while self._sockets:
            for socket in self._sockets.popitem()[1]:
                await socket.close()


async def _life(idle: ref[_Idle]) -> AsyncGenerator[None]:
    """Yield once, and close the connections on being closed: an event loop that ends closes the generators that are left."""
    try:
        yield
    finally:
        if (remaining := idle()) is not None:
            await remaining.close_all()
