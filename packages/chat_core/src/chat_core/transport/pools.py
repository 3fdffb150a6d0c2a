"""Connections, kept per event loop: a loop can use none but its own, and closes them when it ends."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, cast
from weakref import WeakKeyDictionary, ref

from anyio import CancelScope
from anyio.lowlevel import RunVar

from chat_core.types.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx
    from anyio.abc import AsyncResource


class Pools:
    """The connections of one transport, on every loop that it is used on. `proxy` is the URL of a proxy for all of them."""

    def __init__(self, proxy: str | None) -> None:
        self._proxy = proxy
        self._by_loop: WeakKeyDictionary[EventLoop, _PoolsOfLoop] = WeakKeyDictionary()

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send on a connection of the running loop. Raises what httpx does, or `ConfigurationError` if the proxy is no use."""
        secure = request.url.scheme == "https"
        pools = self._by_loop.setdefault(running_loop(), _PoolsOfLoop())
        if secure not in pools:
            life = _life(ref(pools), secure, self._proxy)
            pools[secure] = _Pool(await anext(life), life)
        transport = pools[secure].transport
        return await (_send_secure(transport, request) if secure else transport.handle_async_request(request))

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        for pool in list(self._by_loop.pop(running_loop(), _PoolsOfLoop()).values()):
            await pool.life.aclose()


class EventLoop:
    """A running event loop, as a key: it lives as long as the loop, and does not hold it."""


_LOOP: RunVar[EventLoop] = RunVar("chat_core.transport.pools")


def running_loop() -> EventLoop:
    try:
        return _LOOP.get()
    except LookupError:
        loop = EventLoop()
        _LOOP.set(loop)
        return loop


class _Pool(NamedTuple):
    transport: httpx.AsyncHTTPTransport
    life: AsyncGenerator[httpx.AsyncHTTPTransport]


class _PoolsOfLoop(dict[bool, _Pool]):
    """At most two: one for http, and one for https."""


async def _life(
    pools: ref[_PoolsOfLoop], secure: bool, proxy: str | None
) -> AsyncGenerator[httpx.AsyncHTTPTransport]:
    """Yield a pool, once, and close it on being closed: every event loop, as it ends, closes the generators that are left."""
    import httpx  # here, as everywhere in this package: it takes a tenth of a second

    try:
        pool = httpx.AsyncHTTPTransport(
            verify=public_trust() if secure else _no_trust(),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30.0),
            proxy=proxy,
        )
    except (
        ValueError,
        ImportError,
        httpx.InvalidURL,
    ) as exc:  # ImportError: a SOCKS proxy without the package for it
        raise ConfigurationError(f"HttpTransport(proxy=...) cannot be used: {exc}") from exc
    try:
        yield pool
    finally:
        if (
            kept := pools()
        ) is not None:  # a generator that has ended still holds its loop, so it is not kept itself
            kept.pop(secure, None)
        await pool.aclose()


async def _send_secure(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
    """Send, and close what httpcore forgets: the connection on which it was cancelled in the TLS handshake."""
    shaking_hands: list[AsyncResource] = []

    async def trace(step: str, info: Mapping[str, object]) -> None:
        if step == "connection.connect_tcp.complete":
            shaking_hands.append(cast("AsyncResource", info["return_value"]))
        elif step == "connection.start_tls.complete":
            shaking_hands.clear()

    request.extensions["trace"] = trace
    try:
        return await transport.handle_async_request(request)
    except BaseException:
        with CancelScope(shield=True):
            for connection in shaking_hands:
                await connection.aclose()
        raise
    finally:
        del request.extensions["trace"]


@cache
def public_trust() -> ssl.SSLContext:
    """What https needs. Reading the certificates takes 30 ms, so it is done once, and only where https is asked for."""
    import httpx

    return httpx.create_ssl_context()


@cache
def _no_trust() -> ssl.SSLContext:
    """What the pool for plain http is given: with no authority known to it, https could only fail."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
