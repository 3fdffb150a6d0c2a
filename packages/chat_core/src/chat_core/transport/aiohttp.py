"""`AioHttpTransport`: requests over HTTP/1.1, by aiohttp."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, cast
from weakref import WeakKeyDictionary, finalize

from chat_core.transport import EventStream, Request, Response, Socket
from chat_core.transport.aiohttp_errors import raise_chat_error
from chat_core.transport.content_coding import decoded
from chat_core.transport.event_loops import EventLoop, running_loop
from chat_core.transport.http_errors import Way
from chat_core.transport.http_request import server_of
from chat_core.transport.http_stream import Head, HttpStream
from chat_core.transport.sizes import check_size, read_whole
from chat_core.types.errors import ConfigurationError
from chat_core.types.short_repr import Abbreviation, Shown, Values

if TYPE_CHECKING:
    import aiohttp  # imported with the first request

    from chat_core.transport.aiohttp_direct import Opened
    from chat_core.transport.aiohttp_request import Prepared

_IDLE = 30.0  # seconds that a connection is kept without a request
_KEPT = 32  # kinds of requests; one that signs its requests sends each kind once


class AioHttpTransport(Shown):
    """Requests over HTTP/1.1, on asyncio only, for less CPU than `HttpTransport` takes.

    Needs `pip install chat-core[aiohttp]`. Connections are kept per event loop, and closed by `aclose()` or
    when the loop ends. `session` is a ClientSession of your own, with its hooks, cookies and connector;
    `aclose()` leaves it open, and it works on its own loop only. Without one, `proxy` is the URL of the proxy
    to use; the environment is not read. A response, or one event of a stream, of more than `max_bytes` is
    refused with `InvalidResponse`; bytes are counted after decoding. Raises `ConfigurationError` for a
    session and a proxy together.
    """

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession | None = None,
        proxy: str | None = None,
        max_bytes: int = 128 * 1024 * 1024,
    ) -> None:
        if session is not None and proxy is not None:
            raise ConfigurationError(
                "AioHttpTransport(session=..., proxy=...): give the proxy to the session instead"
            )
        self._custom_session = session
        self._proxy = None if proxy is None else _Proxy(proxy)
        self._max_bytes = max_bytes
        self._prepared = _PreparedRequests()
        self._by_loop: WeakKeyDictionary[EventLoop, _Session] = WeakKeyDictionary()
        finalize(self, _close_dropped, self._by_loop).atexit = False

    def _shown(self) -> Values:
        if self._custom_session is not None:
            yield "session", Abbreviation("<ClientSession>")
        if self._proxy is not None:
            yield "proxy", self._proxy

    async def send(self, request: Request, /) -> Response:
        """Send the request and return the whole response, whatever its status."""
        (head, content, close), way = await self._open(request)
        try:
            return Response(*head, await _read_whole(content, head, way, self._max_bytes))
        finally:
            close()

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send the request and give the response as it arrives.

        Leaving before its end closes the connection.
        """
        (head, content, close), way = await self._open(request)
        try:
            chunks = _chunks(content, head, way)
            async with aclosing(HttpStream(head, chunks, self._max_bytes, request.reads_as)) as stream:
                yield stream
        finally:
            close()

    async def connect(self, request: Request, /) -> Socket:
        """Open a WebSocket, through the proxy where there is one, and not through a `session` of yours.

        Raises as `DuplexTransport.connect`.
        """
        from chat_core.transport.socket_open import connect

        proxy = None if self._proxy is None else self._proxy.url
        return await connect(request, proxy=proxy, max_bytes=self._max_bytes)

    async def aclose(self) -> None:
        """Close the connections of the running event loop. The transport can be used again afterwards."""
        session = self._by_loop.pop(running_loop(), None)
        if session is not None:
            await session.aclose()

    async def _open(self, request: Request) -> tuple[Opened, Way]:
        """Send the request, and return the response as soon as its head is there."""
        prepared = self._prepared.find(request) or await self._prepare(request)
        try:
            session = self._custom_session or await self._session()
            return await prepared.send(session, request), prepared.way
        except Exception as exc:
            raise_chat_error(exc, prepared.way)
            raise

    async def _prepare(self, request: Request) -> Prepared:
        """Return what is sent with a request beside its body.

        Raises `ConfigurationError` for what cannot be sent.
        """
        proxy, shown = (None, None) if self._proxy is None else (self._proxy.url, self._proxy.checked())
        way = Way(server_of(request.url), shown, request.timeouts.connect)
        try:
            if self._custom_session is None:
                await self._session()
            from chat_core.transport.aiohttp_request import prepared

            made = prepared(request, way, proxy, is_custom=self._custom_session is not None)
        except Exception as exc:
            raise_chat_error(exc, way)
            raise
        return self._prepared.keep(request, made)

    async def _session(self) -> aiohttp.ClientSession:
        loop = running_loop()
        of_loop = self._by_loop.get(loop)
        if of_loop is not None and of_loop.session is not None:
            return of_loop.session
        _check_asyncio()
        self._by_loop[loop] = of_loop = _Session()
        await loop.close_at_end(of_loop)
        assert of_loop.session is not None
        return of_loop.session


class _PreparedRequests:
    """What was sent with the requests before: nearly all requests of a client differ in their body alone.

    It holds headers, and so keys: no repr shows it, and nothing raises here.
    """

    def __init__(self) -> None:
        self._by_request: dict[object, Prepared] = {}

    def find(self, request: Request) -> Prepared | None:
        """Return what was kept for a request like this one."""
        return self._by_request.get((request.url, request.timeouts.connect, *request.headers.items()))

    def keep(self, request: Request, prepared: Prepared) -> Prepared:
        """Keep it for requests like this one, and return it."""
        if len(self._by_request) >= _KEPT:
            self._by_request.clear()
        self._by_request[(request.url, request.timeouts.connect, *request.headers.items())] = prepared
        return prepared


class _Session:
    """aiohttp's session of one event loop."""

    def __init__(self) -> None:
        import aiohttp

        from chat_core.transport.aiohttp_connector import LimitedConnector

        connector = LimitedConnector(limit=0, keepalive_timeout=_IDLE)
        connector.join_chunks()
        self.session: aiohttp.ClientSession | None = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def aclose(self) -> None:
        session, self.session = self.session, None  # it holds its loop
        if session is not None:
            await session.close()


class _Proxy(NamedTuple):
    """A proxy's URL, which may hold a password."""

    url: str

    def checked(self) -> str:
        """Return it without the password. Raises `ConfigurationError` for one that aiohttp cannot use."""
        scheme, _, rest = self.url.partition("://")
        shown = rest.rpartition("@")[2]
        try:
            if scheme in ("http", "https"):
                return server_of(f"{scheme}://{shown}").partition("://")[2]
            reason = f"aiohttp knows no {scheme} proxies"
        except ConfigurationError:
            reason = f"{scheme}://{shown} is no URL"
        raise ConfigurationError(f"AioHttpTransport(proxy=...) cannot be used: {reason}")

    def __repr__(self) -> str:
        return self.url.rpartition("@")[2]


async def _read_whole(content: aiohttp.StreamReader, head: Head, way: Way, max_bytes: int) -> bytes:
    """Return the body, decoded. Raises `InvalidResponse` as soon as it is more than `max_bytes`."""
    length = head.headers.get("content-length", "")
    if length.isdecimal():
        check_size(int(length), max_bytes, "the response")
    if "content-encoding" in head.headers:
        async with aclosing(_chunks(content, head, way)) as chunks:
            return await read_whole(chunks, max_bytes)
    parts: list[bytes] = []
    size = 0
    try:
        while not content.at_eof():  # a read at the end takes ten times as long
            parts.append(await content.readany())
            size += len(parts[-1])
            check_size(size, max_bytes, "the response")
    except Exception as exc:
        raise_chat_error(exc, way.in_the_middle())
        raise
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _chunks(content: aiohttp.StreamReader, head: Head, way: Way) -> AsyncGenerator[bytes]:
    """Return the body as it arrives, decoded."""
    raw = _raw_chunks(content, way)
    coding = head.headers.get("content-encoding")
    return raw if coding is None else _decoded(raw, coding)


async def _decoded(raw: AsyncGenerator[bytes], coding: str) -> AsyncGenerator[bytes]:
    async with aclosing(raw), aclosing(decoded(raw, coding)) as chunks:
        async for chunk in chunks:
            yield chunk


async def _raw_chunks(content: aiohttp.StreamReader, way: Way) -> AsyncGenerator[bytes]:
    try:
        while chunk := await content.readany():
            yield chunk
    except Exception as exc:
        if chunk := _read_before(content, exc):
            yield chunk
        raise_chat_error(exc, way.in_the_middle())
        raise


def _read_before(content: aiohttp.StreamReader, failure: Exception) -> bytes:
    """Return what arrived before a failure, which aiohttp raises first."""
    if content.exception() is not failure:
        return b""
    content.set_exception(cast("BaseException", None))  # else it is raised again
    chunk = content.read_nowait()
    content.set_exception(failure)
    return chunk


def _check_asyncio() -> None:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError("AioHttpTransport runs on asyncio only: use HttpTransport on trio") from None


def _close_dropped(by_loop: WeakKeyDictionary[EventLoop, _Session]) -> None:
    """Close the connections of a transport that was garbage-collected."""
    for loop, session in list(by_loop.items()):
        loop.drop(session)
