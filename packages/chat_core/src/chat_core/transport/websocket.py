"""`SocketTransport`: turns over WebSockets that are kept, and everything else over HTTP.

A wire says what a turn is.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from enum import Enum, auto
from typing import NamedTuple, Protocol, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import anyio

from chat_core.transport import Event, EventStream, Request, Response, Transport
from chat_core.transport.cancel_safe import run_cancel_safe
from chat_core.transport.socket import WebSocket
from chat_core.transport.socket_pool import SocketPool
from chat_core.types.errors import ConfigurationError, ConnectionFailed
from chat_core.types.short_repr import Shown, Values

_RESEND_AFTER = (0.0, 0.5)  # seconds before each resend of a turn that the server refused with its connection


class Next(Enum):
    """What follows a message of a turn."""

    READ = auto()  # another message
    KEEP = auto()  # nothing: the turn has ended, and its connection can carry another
    CLOSE = auto()  # nothing: the turn has ended, and its connection is not used again
    RESEND = auto()  # the same turn over another connection, since the server has not run it on this one


class Step(NamedTuple):
    """What a message says: an event of the stream, or None, and what follows."""

    event: Event | None
    next: Next


class SocketTurn(Protocol):
    """One turn of a wire over a WebSocket. It does no I/O."""

    @property
    def message(self) -> str:
        """The message that requests the turn."""
        ...

    @property
    def remembers(self) -> str:
        """An id that the connection should have in its memory, or nothing."""
        ...

    def feed(self, message: str, memory: set[str], /) -> Step:
        """Return what one message of the server says.

        `memory` lasts as long as the connection: ids for `remembers`.
        """
        ...

    def response(self) -> Response:
        """Return the turn as one whole response, once its last message has been fed."""
        ...


OpenTurn: TypeAlias = Callable[[Request], SocketTurn | None]
"""Return the turn that a request is, or None for one that goes over HTTP."""


class SocketTransport(Shown):
    """What a wire's WebSocket transport extends.

    A connection is authenticated once, at its handshake, and kept for the turns that follow. It carries one
    turn at a time: another at the same time opens another connection. After `max_age` seconds it is replaced
    between two turns. One that the server closed meanwhile is opened anew. A turn whose message was sent is
    never sent again, unless the server says that it has not run it: a lost connection is a `ConnectionFailed`
    that nobody retries. Between turns nothing is read, so a server that pings may close the connection; the
    next turn opens another.

    `http` carries the rest, by default a new `HttpTransport`. `url` is where the socket is, if not at the
    request's URL. `proxy` is the URL of an http or https proxy for the sockets, and for the default `http`;
    the environment is not read. Raises `ConfigurationError` for a `url` that is not ws(s), or holds a user.
    """

    def __init__(
        self,
        open_turn: OpenTurn,
        *,
        http: Transport | None = None,
        url: str | None = None,
        proxy: str | None = None,
        max_age: float = 55 * 60.0,
        max_bytes: int = 128 * 1024 * 1024,
    ) -> None:
        self._open_turn = open_turn
        self._proxy = proxy
        self._custom_http = http
        self._default_http: Transport | None = None
        self._max_bytes = max_bytes
        self._url = None if url is None else _http_url(url)
        self._pool = SocketPool(self._url, max_age, max_bytes, proxy)

    def _shown(self) -> Values:
        if self._url is not None:
            yield "url", self._url.partition("?")[0]
        if self._proxy is not None:
            yield "proxy", self._proxy.rpartition("@")[2]
        if self._custom_http is not None:
            yield "http", self._custom_http

    async def send(self, request: Request, /) -> Response:
        """Send the request, and return the response or the error that ends the turn."""
        turn = self._open_turn(request)
        if turn is None:
            return await self._http.send(request)
        async with self._stream(request, turn) as stream:
            if not stream.ok:
                return Response(stream.status, stream.headers, await stream.read())
            async with aclosing(stream.bursts()) as bursts:
                async for _ in bursts:
                    pass
        return turn.response()

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send the request, and give the events as they arrive.

        Leaving before the last one closes the connection.
        """
        turn = self._open_turn(request)
        async with self._http.stream(request) if turn is None else self._stream(request, turn) as stream:
            yield stream

    async def aclose(self) -> None:
        """Close the idle connections of the running event loop.

        The transport can be used again afterwards.
        """
        await self._pool.aclose()
        if self._default_http is not None:
            await self._default_http.aclose()

    @asynccontextmanager
    async def _stream(self, request: Request, turn: SocketTurn) -> AsyncGenerator[EventStream]:
        stream = _TurnStream(self._pool, request, turn)
        try:
            await stream.begin()
            yield stream
        finally:
            await stream.leave()

    @property
    def _http(self) -> Transport:
        if self._custom_http is not None:
            return self._custom_http
        if self._default_http is None:
            from chat_core.transport.http import HttpTransport

            self._default_http = HttpTransport(max_bytes=self._max_bytes, proxy=self._proxy)
        return self._default_http


class _TurnStream:
    """The `EventStream` of one turn."""

    def __init__(self, pool: SocketPool, request: Request, turn: SocketTurn) -> None:
        self._pool = pool
        self._request = request
        self._turn = turn
        self._socket: WebSocket | None = None
        self._refused: Response | None = None
        self._reusable = False
        self._resent = 0
        self._bursts = self._read_bursts()

    @property
    def status(self) -> int:
        return 200 if self._refused is None else self._refused.status

    @property
    def headers(self) -> Mapping[str, str]:
        return {} if self._refused is None else self._refused.headers

    @property
    def ok(self) -> bool:
        return self._refused is None

    async def read(self) -> bytes:
        return b"" if self._refused is None else self._refused.body

    def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        return self._bursts

    async def begin(self) -> None:
        """Get a connection and send the turn, once."""
        taken = await self._pool.take(self._request, self._turn.remembers)
        if isinstance(taken, Response):
            self._refused = taken
            return
        self._socket = taken
        try:
            await taken.send(self._turn.message)
        except ConnectionFailed as exc:
            exc.retryable = False  # how much of it has arrived is not known
            raise

    async def leave(self) -> None:
        """Give the connection back, or close it where the turn has not ended."""
        await self._bursts.aclose()
        socket, self._socket = self._socket, None
        if socket is None:
            return
        if self._reusable:
            await self._pool.give_back(self._request, socket)
        else:
            await run_cancel_safe(socket.aclose)

    async def _read_bursts(self) -> AsyncGenerator[Sequence[Event]]:
        burst: list[Event] = []
        while (socket := self._socket) is not None:
            try:
                message = _as_text(await socket.receive())
            except ConnectionFailed as exc:
                exc.retryable = False  # the turn was sent, and may have been run
                raise
            event, following = self._turn.feed(message, socket.memory)
            if following is Next.RESEND and self._resent < len(_RESEND_AFTER):
                await self._resend(socket)
                continue
            if event is not None:
                burst.append(event)
            ended = following is not Next.READ
            self._reusable = following is Next.KEEP
            if ended or not socket.buffered:
                yield burst
                burst = []
            if ended:
                return

    async def _resend(self, socket: WebSocket) -> None:
        self._socket = None
        await run_cancel_safe(socket.aclose)
        await anyio.sleep(_RESEND_AFTER[self._resent])
        self._resent += 1
        await self.begin()
        if self._refused is not None:
            raise ConnectionFailed(
                f"the server refused another connection with status {self._refused.status}"
            )


def _as_text(message: str | bytes) -> str:
    return message if isinstance(message, str) else message.decode("utf-8", "replace")


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    if (
        parts.scheme not in ("ws", "wss", "http", "https")
        or not parts.hostname
        or parts.username
        or parts.password
    ):
        raise ConfigurationError(
            "WebSocketTransport(url=...) looks like wss://host/v1/responses, and holds no user or password"
        )
    return urlunsplit(parts._replace(scheme=parts.scheme.replace("ws", "http")))
