"""`HttpTransport`: requests over HTTP/1.1, by httpx."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, cast

from anyio import CancelScope

from chat_core.transport import Event, EventStream, Request, Response
from chat_core.transport.cancel_safe import run_cancel_safe, stream_cancel_safe
from chat_core.transport.http_errors import raise_ours
from chat_core.transport.pools import Pools
from chat_core.transport.sse import bursts_from_bytes, check_size, read_whole
from chat_core.types.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx  # otherwise imported with the first request: it takes a tenth of a second

R = TypeVar("R")

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


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

    async def send(self, request: R, *, stream: bool) -> Answer: ...


class Answer(Protocol):
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


class HttpTransport:
    """Requests over HTTP/1.1. Connections are kept per event loop, and closed by `aclose()` or when the loop ends.

    `client` is an AsyncClient of your own, of httpx or httpx2, with its auth, hooks, proxies and mounts; `aclose()` leaves it
    open. Without one, `proxy` is the URL of the proxy to use; the environment is not asked for one. An answer, or one event of
    a stream, of more than `max_bytes` is refused with `InvalidResponse`.
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
        self._max_bytes = max_bytes

    async def send(self, request: Request, /) -> Response:
        """Send, and read the whole answer, whatever its status."""
        return await run_cancel_safe(lambda: self._send(request))

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send, and hand over the answer as it arrives. Leaving the context closes a connection that has more to say."""
        async with stream_cancel_safe(self._exchange(request)) as (head, chunks):
            async with aclosing(_Stream(head, chunks, self._max_bytes)) as stream:
                yield stream

    async def aclose(self) -> None:
        """Close the connections of the running event loop. The transport can be used again afterwards."""
        await run_cancel_safe(self._pools.aclose)

    async def _send(self, request: Request) -> Response:
        async with self._exchange(request) as (head, chunks):
            if (length := head.headers.get("content-length", "")).isdigit():
                check_size(int(length), self._max_bytes, "the answer")
            return Response(head.status, head.headers, await read_whole(chunks, self._max_bytes))

    @asynccontextmanager
    async def _exchange(self, request: Request) -> AsyncGenerator[tuple[_Head, AsyncGenerator[bytes]]]:
        """Send; give the head of the answer and its body, decoded; and free the connection."""
        url = _checked(request)
        try:
            answer = await self._answer(request, url)
        except Exception as exc:
            raise_ours(exc, request, url, "before it answered")
            raise
        head = _Head(answer.status_code, _as_dict(answer.headers.raw))
        chunks = _chunks(answer, head, request, url)
        try:
            yield head, chunks
        finally:
            await chunks.aclose()
            if not answer.is_closed:  # the body was not asked for
                await _abandon(answer, chunks)

    async def _answer(self, request: Request, url: httpx.URL) -> Answer:
        timeouts = request.timeouts.connect, None, None, None
        if self._client is not None:
            if self._client.is_closed:
                raise ConfigurationError("HttpTransport(client=...) was given a client that is closed")
            return await self._client.send(
                self._client.build_request(
                    request.method,
                    request.url,
                    content=request.body,
                    headers=request.headers,
                    timeout=timeouts,
                ),
                stream=True,
            )
        import httpx

        return await self._pools.send(
            httpx.Request(
                request.method,
                url,
                headers=_complete(request, url),
                stream=httpx.ByteStream(request.body),
                extensions={
                    "timeout": dict(zip(("connect", "read", "write", "pool"), timeouts, strict=True))
                },
            )
        )


class _Head(NamedTuple):
    status: int
    headers: dict[str, str]


class _Stream:
    """The `EventStream` of one answer."""

    def __init__(self, head: _Head, chunks: AsyncGenerator[bytes], max_bytes: int) -> None:
        self.status, self.headers = head
        self._chunks = chunks
        self._max_bytes = max_bytes
        self._bursts = bursts_from_bytes(
            chunks, content_type=self.headers.get("content-type", "").lower(), max_bytes=max_bytes
        )

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    async def read(self) -> bytes:
        return await read_whole(self._chunks, self._max_bytes)

    def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        return self._bursts  # always the same one: a second loop goes on where the first broke off

    async def aclose(self) -> None:
        await self._bursts.aclose()
        await self._chunks.aclose()


async def _chunks(answer: Answer, head: _Head, request: Request, url: httpx.URL) -> AsyncGenerator[bytes]:
    """The body, decoded. A body that is not encoded is taken off httpx's raw stream: that spares four layers per chunk."""
    raw = "content-encoding" not in head.headers and not (answer.is_closed or answer.is_stream_consumed)
    body = aiter(cast("AsyncIterable[bytes]", answer.stream) if raw else answer.aiter_bytes())
    try:
        async for chunk in body:
            yield chunk
        await answer.aclose()
    except Exception as exc:
        raise_ours(exc, request, url, "in the middle of the answer")
        raise
    finally:
        if not answer.is_closed:
            await _abandon(answer, body)


async def _abandon(answer: Answer, body: AsyncIterator[bytes]) -> None:
    """Close an answer that was not read to its end. That it cannot be closed well is no news to anybody."""
    with CancelScope(shield=True) as scope:
        with suppress(Exception):
            await answer.aclose()
        # Closing `body` would leave the generators inside it suspended, for the garbage collector to find: httpx does not close
        # what it iterates. Run on into a cancellation, they all end.
        scope.cancel()
        with suppress(Exception):
            async for _ in body:
                pass


def _checked(request: Request) -> httpx.URL:
    for name, value in request.headers.items():
        # Not left to httpx and h11, whose errors show the value.
        if not (_NAME.fullmatch(name) and value.isascii() and value.isprintable() and value == value.strip()):
            raise ConfigurationError(
                f"header {name!r} cannot be sent: its value has a line break, a blank end or a character outside ASCII;"
                " was the key copied whole and alone?"
            )
    return _parsed(request.url)


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    import httpx

    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise ConfigurationError(f"the base URL is no URL: {exc}") from exc
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigurationError("the base URL has to start with http:// or https:// and a host")
    if parsed.userinfo:
        raise ConfigurationError(
            "the base URL holds a user or password; send it by .with_header('Authorization', ...)"
        )
    return parsed


def _complete(request: Request, url: httpx.URL) -> list[tuple[str, str]]:
    """The headers, with those that have to be there. httpx would see to it, if given `content`, in twice the time."""
    given = {name.lower() for name in request.headers}
    needed = {
        "Host": url.netloc.decode("ascii"),
        "accept-encoding": "gzip, deflate",
        "user-agent": "chat-py/0",
    }
    if request.body or request.method == "POST":
        needed["Content-Length"] = str(len(request.body))
    return [(name, value) for name, value in needed.items() if name.lower() not in given] + list(
        request.headers.items()
    )


def _as_dict(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
