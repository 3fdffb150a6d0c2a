"""`WebSocketTransport`: turns of the Responses wire over one WebSocket that is kept, and everything else over HTTP.

Facts: OpenAI's guide to its WebSocket mode, November 2026. Azure and xAI serve the same.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import cast
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakKeyDictionary, ref

import anyio

from chat_core.transport import Event, EventStream, Request, Response, Transport
from chat_core.transport.cancel_safe import sheltered
from chat_core.transport.pools import EventLoop, running_loop
from chat_core.transport.socket import Refused, Socket
from chat_core.types.errors import ConfigurationError, ConnectionFailed
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, as_text

_TERMINAL = (
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response.cancelled",
    "response.done",
)
_TELLING = tuple(
    f'"{word}"' for word in (*_TERMINAL, "error", "response.created")
)  # without one of these a frame is content
_NOT_SENT = ("stream", "stream_options", "background")
_LEFT_OUT = ("content-type", "content-length", "accept")  # headers of a body, and there is none


class WebSocketTransport:
    """`POST .../responses` goes over a WebSocket, as a `response.create` frame; all else, and what runs in the background, over
    HTTP.

    A connection is authenticated once, at its handshake, and kept for the turns that follow. It carries one turn at a time: another
    at the same time opens another connection. After `max_age` seconds it is replaced between two turns, since servers close it
    after an hour. One that the server closed meanwhile is opened anew. A turn whose frame was sent is never sent again: if its
    connection is lost, that is a `ConnectionFailed` or `StreamTruncated` that nobody retries. Between turns nothing is read, so a
    server that pings may close the connection; the next turn opens another.

    `http` carries the rest, by default a new `HttpTransport`. `url` is where the socket is, if not at the base URL.
    """

    def __init__(
        self,
        *,
        http: Transport | None = None,
        url: str | None = None,
        max_age: float = 55 * 60.0,
        max_bytes: int = 128 * 1024 * 1024,
    ) -> None:
        self._given_http = http
        self._own_http: Transport | None = None
        self._max_bytes = max_bytes
        self._connections = _Connections(None if url is None else _http_url(url), max_age, max_bytes)

    async def send(self, request: Request, /) -> Response:
        """Send, and wait for the end of the turn: the answer is the response object, or the error."""
        if _create(request) is None:
            return await self._http.send(request)
        items: dict[int, JsonValue] = {}
        async with self.stream(request) as answer:
            if not answer.ok:
                return Response(answer.status, answer.headers, await answer.read())
            async for event in answer:
                if event.type == "message" and '"response.output_item.done"' not in event.data:
                    continue
                frame = _read(event.data)
                if frame.get("type") == "response.output_item.done":
                    index = frame.get("output_index")
                    items[index if isinstance(index, int) else len(items)] = frame.get("item")
                elif frame.get("type") == "error":
                    return Response(200, answer.headers, event.data.encode())
                elif frame.get("type") in _TERMINAL:
                    whole = as_object(frame.get("response"))
                    listed = as_list(whole.get("output")) or [item for _, item in sorted(items.items())]
                    body = json.dumps({**whole, "output": listed}, ensure_ascii=False)
                    return Response(200, answer.headers, body.encode())
        raise AssertionError("a turn over a socket ends in its last event, or raises")

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send, and hand over the events as they arrive. Leaving the context before the last one closes the connection."""
        create = _create(request)
        if create is None:
            async with self._http.stream(request) as answer:
                yield answer
            return
        turn = _Turn(self._connections, request, create)
        try:
            await turn.begin()
            yield turn
        finally:
            await turn.leave()

    async def aclose(self) -> None:
        """Close the connections of the running event loop. The transport can be used again afterwards."""
        await self._connections.aclose()
        if self._own_http is not None:
            await self._own_http.aclose()

    @property
    def _http(self) -> Transport:
        if self._given_http is not None:
            return self._given_http
        if self._own_http is None:
            from chat_core.transport.http import HttpTransport

            self._own_http = HttpTransport(max_bytes=self._max_bytes)
        return self._own_http


_Address = tuple[str, tuple[tuple[str, str], ...]]


class _Connections:
    """The connections of one transport, on every loop that it is used on."""

    def __init__(self, url: str | None, max_age: float, max_bytes: int) -> None:
        self._url = url
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._by_loop: WeakKeyDictionary[EventLoop, _Idle] = WeakKeyDictionary()

    async def take(self, request: Request, continues: str) -> Socket | Refused:
        """A connection: of those that wait the one that had the response which is continued, else any, else a new one."""
        idle = self._by_loop.setdefault(running_loop(), _Idle())
        address = self._address(request)
        while (socket := idle.take(address, continues)) is not None:
            if anyio.current_time() - socket.opened < self._max_age and await socket.usable():
                return socket
            await sheltered(socket.close)
        return await self._open(address[0], request)

    async def give(self, request: Request, socket: Socket) -> None:
        """Take a connection back, whose turn has ended."""
        idle = self._by_loop.setdefault(running_loop(), _Idle())
        await idle.give(self._address(request), socket)

    async def _open(self, url: str, request: Request) -> Socket | Refused:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _LEFT_OUT}
        opened: list[Socket | Refused] = []

        async def work() -> None:
            opened.append(
                await Socket.open(url, headers, connect=request.timeouts.connect, max_bytes=self._max_bytes)
            )

        try:
            await sheltered(work)
        except BaseException:  # cancelled in the very moment in which it was open
            for socket in opened:
                if isinstance(socket, Socket):
                    await sheltered(socket.close)
            raise
        return opened[0]

    def _address(self, request: Request) -> _Address:
        """What connections are kept by: a request goes over one that was opened with its own headers only."""
        url = request.url
        if self._url is not None:
            query = urlsplit(url).query
            url = self._url + (f"?{query}" if query and "?" not in self._url else "")
        return url, tuple(sorted(request.headers.items()))

    async def aclose(self) -> None:
        """Close those of the running loop that wait for a turn."""
        idle = self._by_loop.pop(running_loop(), None)
        if idle is not None:
            await idle.aclose()


class _Idle:
    """The connections of one event loop that wait for a turn. They are closed with it, if not before."""

    def __init__(self) -> None:
        self._sockets: dict[_Address, list[Socket]] = {}
        self._life: AsyncGenerator[None] | None = None

    def take(self, address: _Address, continues: str) -> Socket | None:
        sockets = self._sockets.get(address)
        if not sockets:
            return None
        known = (at for at, socket in enumerate(sockets) if continues in socket.responses)
        return sockets.pop(next(known, -1))

    async def give(self, address: _Address, socket: Socket) -> None:
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
    """Yield once, and close the connections on being closed: every event loop, as it ends, closes the generators that are left."""
    try:
        yield
    finally:
        if (kept := idle()) is not None:
            await kept.close_all()


class _Turn:
    """The `EventStream` of one turn."""

    def __init__(self, connections: _Connections, request: Request, create: JsonObject) -> None:
        self._connections = connections
        self._request = request
        self._create = json.dumps(create, ensure_ascii=False, separators=(",", ":"))
        self._continues = as_text(create.get("previous_response_id"))
        self._socket: Socket | None = None
        self._refused: Refused | None = None
        self._finished = False
        self._events = self._read_events()

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

    def __aiter__(self) -> AsyncGenerator[Event]:
        return self._events

    async def begin(self) -> None:
        """Get a connection, and send the turn: once, whatever becomes of it."""
        taken = await self._connections.take(self._request, self._continues)
        if isinstance(taken, Refused):
            self._refused = taken
            return
        self._socket = taken
        try:
            await taken.send(self._create)
        except ConnectionFailed as exc:
            exc.retryable = False  # nobody knows how much of it has arrived
            raise

    async def leave(self) -> None:
        """Give the connection back, or close it where the turn has not ended."""
        await self._events.aclose()
        socket, self._socket = self._socket, None
        if socket is None:
            return
        if self._finished:
            await self._connections.give(self._request, socket)
        else:
            await sheltered(socket.close)

    async def _read_events(self) -> AsyncGenerator[Event]:
        begun = False
        while self._socket is not None:
            try:
                data = await self._socket.receive()
            except ConnectionFailed as exc:
                exc.retryable = False  # the turn was sent, and may have been run
                raise
            if not any(word in data for word in _TELLING):
                begun = True
                yield Event("message", data)
                continue
            frame = _read(data)
            kind = as_text(frame.get("type")) or "message"
            named = as_text(as_object(frame.get("response")).get("id"))
            if not begun and (kind == "response.done" or (named and named in self._socket.responses)):
                continue  # the last word on the turn before
            if not begun and _is_too_old(frame):
                await self._again()  # the server has refused the turn, so it can be sent once more
                continue
            begun = True
            if named:
                self._socket.responses.add(named)
            ended = kind in _TERMINAL or kind == "error"
            # an error out of the stream may be followed by `response.failed`: such a connection is not used again
            self._finished = ended and not (
                kind == "error" and ("sequence_number" in frame or _is_too_old(frame))
            )
            yield Event(kind, data)
            if ended:
                return

    async def _again(self) -> None:
        assert self._socket is not None
        await sheltered(self._socket.close)
        self._socket = None
        await self.begin()
        if self._refused is not None:
            raise ConnectionFailed(
                f"the server refused another connection with status {self._refused.status}"
            )


def _create(request: Request) -> JsonObject | None:
    """The frame that asks for the turn, or None for what goes over HTTP."""
    if request.method != "POST" or not urlsplit(request.url).path.endswith("/responses"):
        return None
    body = _read(request.body.decode())
    if body.get("background"):
        return None
    return {"type": "response.create"} | {
        name: value for name, value in body.items() if name not in _NOT_SENT
    }


def _read(data: str) -> JsonObject:
    try:
        return as_object(cast("JsonValue", json.loads(data)))
    except (ValueError, RecursionError):
        return {}  # whoever reads the events says what is wrong with it


def _is_too_old(frame: JsonObject) -> bool:
    return as_object(frame.get("error")).get("code") == "websocket_connection_limit_reached"


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
