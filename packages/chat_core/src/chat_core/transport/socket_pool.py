"""WebSocket connections that are kept between turns, per event loop."""

from __future__ import annotations

from typing import TypeAlias
from urllib.parse import urlsplit

import anyio

from chat_core.transport import Request, Response
from chat_core.transport.cancel_safe import run_cancel_safe
from chat_core.transport.idle import IdleConnections
from chat_core.transport.socket import Socket
from chat_core.transport.socket_open import open_socket

Address: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
_NOT_IN_A_HANDSHAKE = (
    "content-type",
    "content-length",
    "accept",
)  # headers of a body, and a handshake has none


class SocketPool:
    """The connections of one transport, on every event loop that it is used on.

    `url` stands for the URL of every request, None for none. After `max_age` seconds a connection is not used
    again.
    """

    def __init__(self, url: str | None, max_age: float, max_bytes: int) -> None:
        self._url = url
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._idle: IdleConnections[Socket] = IdleConnections()

    async def take(self, request: Request, remembers: str) -> Socket | Response:
        """Return an idle connection, first one that `remembers` this id, or a new one; or how the server
        refused it.
        """
        address = self._address(request)
        while (socket := await self._idle.take(address, lambda each: remembers in each.memory)) is not None:
            if anyio.current_time() - socket.opened < self._max_age and await socket.usable():
                return socket
            await run_cancel_safe(socket.aclose)
        return await self._open(address[0], request)

    async def give_back(self, request: Request, socket: Socket) -> None:
        """Keep a connection whose turn has ended."""
        await self._idle.add(self._address(request), socket)

    async def aclose(self) -> None:
        """Close the idle connections of the running loop."""
        await self._idle.aclose()

    async def _open(self, url: str, request: Request) -> Socket | Response:
        opened: list[Socket | Response] = []

        async def work() -> None:
            opened.append(await open_socket(url, request, max_bytes=self._max_bytes))

        try:
            await run_cancel_safe(work)
        except (
            BaseException
        ):  # it may have been cancelled in the very moment in which the connection was open
            for socket in opened:
                if isinstance(socket, Socket):
                    await run_cancel_safe(socket.aclose)
            raise
        return opened[0]

    def _address(self, request: Request) -> Address:
        """Return the key of a connection: a request goes only over one that was opened with its own
        headers.
        """
        url = request.url
        if self._url is not None:
            query = urlsplit(url).query
            url = self._url + (f"?{query}" if query and "?" not in self._url else "")
        return url, tuple(sorted(request.headers.items()))
