"""httpx's transport around one connection of httpcore, without httpcore's pool."""

from __future__ import annotations

import asyncio
from types import TracebackType

import httpcore
import httpx

from chat_core.transport.asyncio_stream import AsyncioBackend
from chat_core.transport.joined_body import join_chunks
from chat_core.transport.tls import no_trust, public_trust


class OneConnection(httpx.AsyncHTTPTransport):
    """A transport with one connection to one server, which carries one request at a time.

    Requests pass through httpx's own class, so that what instruments or mocks httpx sees them.
    """

    def __init__(self, *, secure: bool, keepalive: float) -> None:  # it makes no pool, unlike its base
        self._pool = self._one = _OneConnectionPool(
            ssl_context=public_trust() if secure else no_trust(),
            keepalive_expiry=keepalive,
            network_backend=AsyncioBackend() if _on_asyncio() else None,
        )

    async def is_open(self) -> bool:
        """Return whether the connection is open and can take a request. Closes one that the server has
        closed.
        """
        return await self._one.is_open()


class _OneConnectionPool(httpcore.AsyncConnectionPool):
    """One connection in the place of a pool, which looks at all its connections before and after each
    request.
    """

    async def is_open(self) -> bool:
        if not self._connections:
            return False
        connection = self._connections[0]
        if connection.is_closed() or connection.has_expired():
            await self.aclose()
            return False
        return True

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request on the connection, which is opened first where there is none."""
        if not self._connections:
            self._connections.append(self.create_connection(request.url.origin))
            _unlock(self._connections[0], "_request_lock")
        connection = self._connections[0]
        response = await connection.handle_async_request(request)
        join_chunks(connection)
        _unlock(getattr(connection, "_connection", None), "_state_lock")
        return response


class _NoLock:
    """In the place of a lock of httpcore, each of which takes a turn of the event loop: the connection
    has one user at a time.
    """

    async def __aenter__(self) -> None: ...

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


_NO_LOCK = _NoLock()


def _unlock(connection: object, name: str) -> None:
    if hasattr(connection, name):
        setattr(connection, name, _NO_LOCK)


def _on_asyncio() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:  # no asyncio loop runs in this thread
        return False
