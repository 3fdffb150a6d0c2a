"""WebSocket connections that are kept between turns, per event loop."""

from __future__ import annotations

from typing import TypeAlias
from urllib.parse import urlsplit

import anyio

from chat_core.transport import Request, Response
from chat_core.transport.cancel_safe import run_cancel_safe
from chat_core.transport.idle import IdleConnections
from chat_core.transport.socket import WebSocket
from chat_core.transport.socket_open import open_socket_cancel_safe

Address: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]


class SocketPool:
    """The connections of one transport, on every event loop that it is used on.

    `url` stands for the URL of every request, None for none; `proxy` is the URL of a proxy, or None. After
    `max_age` seconds a connection is not used again.
    """

    def __init__(self, url: str | None, max_age: float, max_bytes: int, proxy: str | None = None) -> None:
        self._url = url
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._proxy = proxy
        self._idle: IdleConnections[WebSocket] = IdleConnections()

    async def take(self, request: Request, remembers: str) -> WebSocket | Response:
        """Return an idle connection, first one that `remembers` this id, or a new one; or how the server
        refused it.
        """
        address = self._address(request)
        while (socket := await self._idle.take(address, lambda each: remembers in each.memory)) is not None:
            if anyio.current_time() - socket.opened < self._max_age and await socket.usable():
                return socket
            await run_cancel_safe(socket.aclose)
        return await self._open(address[0], request)

    async def give_back(self, request: Request, socket: WebSocket) -> None:
        """Keep a connection whose turn has ended."""
        await self._idle.add(self._address(request), socket)

    async def aclose(self) -> None:
        """Close the idle connections of the running loop."""
        await self._idle.aclose()

    async def _open(self, url: str, request: Request) -> WebSocket | Response:
        return await open_socket_cancel_safe(url, request, max_bytes=self._max_bytes, proxy=self._proxy)

    def _address(self, request: Request) -> Address:
        """Return the key of a connection: a request goes only over one that was opened with its own
        headers.
        """
        url = request.url
        if self._url is not None:
            query = urlsplit(url).query
            url = self._url + (f"?{query}" if query and "?" not in self._url else "")
        return url, tuple(sorted(request.headers.items()))
