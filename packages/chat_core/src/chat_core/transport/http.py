"""`HttpTransport`: requests over HTTP/1.1, by httpx."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from anyio import CancelScope

from chat_core.transport import EventStream, Request, Response, Socket
from chat_core.transport.cancel_safe import run_cancel_safe, stream_cancel_safe
from chat_core.transport.content_coding import ACCEPTED, decoded
from chat_core.transport.http_errors import Way, raise_chat_error
from chat_core.transport.http_request import checked_url, complete_headers
from chat_core.transport.http_stream import Head, HttpStream, joined_headers
from chat_core.transport.pools import Connection, Pools
from chat_core.transport.sizes import check_size, read_whole
from chat_core.types.errors import ConfigurationError
from chat_core.types.short_repr import Abbreviation, Shown, Values

if TYPE_CHECKING:
    import httpx  # imported with the first request: it takes a tenth of a second

R = TypeVar("R")


class AsyncClient(Protocol[R]):
    """What is used of an `httpx.AsyncClient` or an `httpx2.AsyncClient`."""

    @property
    def is_closed(self) -> bool: ...

    def build_request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: tuple[float | None, float | None, float | None, float | None],
    ) -> R: ...

    async def send(self, request: R, *, stream: bool, follow_redirects: bool) -> HttpResponse: ...


class HttpResponse(Protocol):
    """What is used of an `httpx.Response` or an `httpx2.Response`."""

    status_code: int
    is_closed: bool
    is_stream_consumed: bool

    @property
    def headers(self) -> RawHeaders: ...
    @property
    def stream(self) -> object: ...

    def aiter_bytes(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class RawHeaders(Protocol):
    @property
    def raw(self) -> list[tuple[bytes, bytes]]: ...


class HttpTransport(Shown):
    """Requests over HTTP/1.1. Connections are kept per event loop, and closed by `aclose()` or when the loop
    ends.

    `client` is an AsyncClient of your own, of httpx or httpx2, with its auth, hooks, proxies and mounts;
    `aclose()` leaves it open. Without one, `proxy` is the URL of the proxy to use; the environment is not
    read. A response, or one event of a stream, of more than `max_bytes` is refused with `InvalidResponse`;
    bytes are counted after decoding. Raises `ConfigurationError` for a client and a proxy together.
    """

    def __init__(
        self,
        *,
        client: AsyncClient[R] | None = None,
        proxy: str | None = None,
        max_bytes: int = 128 * 1024 * 1024,
    ) -> None:
        if client is not None and proxy is not None:
            raise ConfigurationError(
                "HttpTransport(client=..., proxy=...): give the proxy to the client instead"
            )
        self._client = cast("AsyncClient[object] | None", client)
        self._pools = Pools(proxy)
        self._proxy = None if proxy is None else proxy.rpartition("@")[2]
        self._proxy_url = proxy
        self._max_bytes = max_bytes
        # A connection of our own, outside any pool, is closed by a call that no cancellation can break.
        self._closes_in_place = client is None and proxy is None

    def _shown(self) -> Values:
        if self._client is not None:
            yield "client", Abbreviation(f"<{type(self._client).__name__}>")
        if self._proxy is not None:
            yield "proxy", self._proxy

    async def send(self, request: Request, /) -> Response:
        """Send the request and return the whole response, whatever its status."""
        if self._closes_in_place:
            return await self._send(request)
        return await run_cancel_safe(lambda: self._send(request))

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send the request and give the response as it arrives.

        Leaving before its end closes the connection.
        """
        exchange = self._exchange(request)
        if not self._closes_in_place:
            exchange = stream_cancel_safe(exchange)
        async with exchange as (head, chunks):
            async with aclosing(HttpStream(head, chunks, self._max_bytes, request.reads_as)) as stream:
                yield stream

    async def connect(self, request: Request, /) -> Socket:
        """Open a WebSocket, through the proxy where there is one. It does not go through a `client` of yours.

        Raises as `DuplexTransport.connect`.
        """
        from chat_core.transport.socket_open import connect

        return await connect(request, proxy=self._proxy_url, max_bytes=self._max_bytes)

    async def aclose(self) -> None:
        """Close the connections of the running event loop. The transport can be used again afterwards."""
        await run_cancel_safe(self._pools.aclose)

    async def _send(self, request: Request) -> Response:
        async with self._exchange(request) as (head, chunks):
            length = head.headers.get("content-length", "")[:20]
            if length.isdecimal():
                check_size(int(length), self._max_bytes, "the response")
            return Response(head.status, head.headers, await read_whole(chunks, self._max_bytes))

    @asynccontextmanager
    async def _exchange(self, request: Request) -> AsyncGenerator[tuple[Head, AsyncGenerator[bytes]]]:
        """Send the request; give the head of the response and its body, decoded; and free the connection."""
        url = checked_url(request)
        way = Way(f"{url.scheme}://{url.netloc.decode('ascii')}", self._proxy, request.timeouts.connect)
        body: _Body | None = None
        connection: Connection | None = None
        try:
            try:
                if self._client is not None:
                    response = await self._send_through(self._client, request)
                else:
                    connection = await self._pools.take(way.server)
                    response = await connection.send(_httpx_request(request, url), way.connect)
            except Exception as exc:
                raise_chat_error(exc, way)
                raise
            body = _Body(response, way)
            async with aclosing(body), aclosing(body.chunks()) as chunks:
                yield body.head, chunks
        finally:
            if connection is not None:
                await self._pools.give_back(connection, reusable=body is not None and body.ended)

    async def _send_through(self, client: AsyncClient[object], request: Request) -> HttpResponse:
        if client.is_closed:
            raise ConfigurationError("HttpTransport(client=...) was given a client that is closed")
        connect = request.timeouts.connect
        return await client.send(
            client.build_request(
                request.method,
                request.url,
                content=request.body,
                headers={"accept-encoding": ACCEPTED, **request.headers},
                timeout=(connect, None, None, connect),
            ),
            stream=True,
            follow_redirects=False,  # the key would go to another server
        )


class _Body:
    """The body of a response. `ended` says whether it was read to its end."""

    def __init__(self, response: HttpResponse, way: Way) -> None:
        self.head = Head(response.status_code, joined_headers(response.headers.raw))
        self.ended = False
        self._response = response
        self._way = way._replace(when="in the middle of the response")
        self._raw: AsyncIterator[bytes] | None = None
        self._joined: AsyncGenerator[bytes] | None = None

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yield the body, decoded. It is taken off httpx's raw stream, or from below it, which spares six
        layers per chunk.
        """
        decoder: AsyncGenerator[bytes] | None = None
        try:
            self._raw, coding = self._open()
            if coding is not None:
                decoder = decoded(self._raw, coding)
            async for chunk in decoder or self._raw:
                yield chunk
            await self._response.aclose()
            self.ended = True
        except Exception as exc:
            raise_chat_error(exc, self._way)
            raise
        finally:
            if decoder is not None:
                await decoder.aclose()

    def _open(self) -> tuple[AsyncIterator[bytes], str | None]:
        """Return the bytes of the body, and the coding that they are in."""
        response = self._response
        if response.is_closed or response.is_stream_consumed:  # a hook of the user's client has read it
            return response.aiter_bytes(), None
        from chat_core.transport.joined_body import joined_body  # here, for it imports httpcore

        self._joined = joined_body(response.stream)
        raw = self._joined or aiter(cast("AsyncIterable[bytes]", response.stream))
        return raw, self.head.headers.get("content-encoding")

    async def aclose(self) -> None:
        """Close a response that was not read to its end. Errors are ignored: the reader has left."""
        if self._response.is_closed:
            return
        with CancelScope(shield=True) as scope:
            if self._joined is not None:
                await self._joined.aclose()
            with suppress(Exception):
                await self._response.aclose()
            if self._raw is None or self._joined is not None:
                return
            # Closing the iterator would leave the generators inside it suspended, for the garbage collector
            # to find: httpx does not close what it iterates. Run on into a cancellation, they all end.
            scope.cancel()
            with suppress(Exception):
                async for _ in self._raw:
                    pass


def _httpx_request(request: Request, url: httpx.URL) -> httpx.Request:
    import httpx

    return httpx.Request(
        request.method,
        url,
        headers=complete_headers(request, url.netloc.decode("ascii")),
        stream=httpx.ByteStream(request.body),
        extensions={"timeout": {"connect": None, "read": None, "write": None, "pool": None}},
    )
