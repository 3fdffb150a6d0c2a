"""Connections of httpx, kept per event loop: a loop can use none but its own, and closes them when it
ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import CancelScope

from chat_core.transport.idle import IdleConnections
from chat_core.transport.opening import Opening
from chat_core.transport.tls import no_trust, public_trust
from chat_core.types.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

_IDLE = 30.0  # seconds that a connection is kept without a request


class Pools:
    """The connections of one transport, on every event loop that it is used on. `proxy` is the URL of a proxy
    for all.

    Each connection is an `httpx.AsyncHTTPTransport` of its own: at every request a pool of httpcore looks at
    every idle connection for every idle connection, which at 100 of them takes ten times as long as the
    request itself. Without a proxy it has no pool at all.
    """

    def __init__(self, proxy: str | None) -> None:
        self._proxy = proxy
        self._idle: IdleConnections[Connection] = IdleConnections(_IDLE)

    async def take(self, origin: str) -> Connection:
        """Return an idle connection to a server, the one that was used last, or a new one. `origin` is scheme
        and host.

        Raises `ConfigurationError` for a proxy that cannot be used.
        """
        return await self._idle.take(origin) or Connection(origin, self._proxy)

    async def give_back(self, connection: Connection, *, reusable: bool) -> None:
        """Keep a connection whose response was read to its end, and close any other."""
        if reusable:
            await self._idle.add(connection.origin, connection)
        else:
            with CancelScope(shield=True):
                await connection.aclose()

    async def aclose(self) -> None:
        """Close the idle connections of the running loop."""
        await self._idle.aclose()


class Connection:
    """One connection: it is opened by its first request, and again after the server has closed it."""

    def __init__(self, origin: str, proxy: str | None) -> None:
        import httpx  # here, as everywhere in this room: it takes a tenth of a second

        from chat_core.transport.one_connection import OneConnection

        secure = origin.startswith("https:")
        self.origin = origin
        self.idle_since: float = 0.0
        self._direct: OneConnection | None = None
        self._transport: httpx.AsyncHTTPTransport
        if proxy is None:
            self._transport = self._direct = OneConnection(secure=secure, keepalive=_IDLE)
            return
        try:
            self._transport = httpx.AsyncHTTPTransport(
                verify=public_trust() if secure else no_trust(),
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE),
                proxy=proxy,
            )
        except (ValueError, ImportError, httpx.InvalidURL) as exc:
            # ImportError: a SOCKS proxy without the package for it
            raise ConfigurationError(f"HttpTransport(proxy=...) cannot be used: {exc}") from exc

    async def send(self, request: httpx.Request, connect: float | None) -> httpx.Response:
        """Send a request.

        Raises what httpx raises, and `TimedOut` where no connection is established in `connect` seconds.
        """
        if self._direct is not None and await self._direct.is_open():
            return await self._transport.handle_async_request(request)
        opening = Opening(connect)
        request.extensions["trace"] = opening.trace
        try:
            with opening.limit:
                return await self._transport.handle_async_request(request)
        finally:
            del request.extensions["trace"]
            await opening.close()

    async def aclose(self) -> None:
        await self._transport.aclose()
