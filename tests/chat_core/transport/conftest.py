"""A server on loopback whose answers the test writes byte for byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias
from weakref import WeakSet

import pytest
from chat_core.transport import AioHttpTransport, Request, aiohttp, pools
from chat_core.transport.http import HttpTransport
from chat_core.transport.pools import Connection

Answer: TypeAlias = "bytes | Callable[[socket.socket], None]"


class Peer:
    """Answers each request with the next of `answers`, the last for ever: bytes to send, or a function of the
    connection.

    After a function the connection is closed; after bytes it is kept. `left` is set when a client has hung
    up. A `raw` peer hands over the connection with nothing read from it.
    """

    def __init__(self, *answers: Answer, raw: bool = False) -> None:
        self.raw = raw
        self.requests: list[bytes] = []
        self.left = threading.Event()
        self._answers = list(answers)
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def request(self, path: str = "/v1", body: bytes = b"{}", **headers: str) -> Request:
        return Request(
            "POST",
            self.origin + path,
            {name.replace("_", "-"): value for name, value in headers.items()},
            body,
        )

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):  # that is close()
            while True:
                connection, _ = self._listener.accept()
                self._open.add(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while self.raw or (request := read_request(connection)):
                if not self.raw:
                    self.requests.append(request)
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                if callable(answer):
                    answer(connection)
                    break
                connection.sendall(answer)
        self._open.discard(connection)
        self.left.set()


def read_request(connection: socket.socket) -> bytes:
    """One request, or nothing if the client has hung up instead."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (data := connection.recv(65536)):
            return b""
        received += data
        if data.startswith(b"\x16"):  # a TLS client says hello
            return received
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    ]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def serve_raw(serve: Callable[..., Peer]) -> Callable[..., Peer]:
    """Start a raw `Peer`."""
    return partial(serve, raw=True)


@pytest.fixture
def serve() -> Iterator[Callable[..., Peer]]:
    """Start a `Peer` with the answers given."""
    peers: list[Peer] = []

    def start(*answers: Answer, raw: bool = False) -> Peer:
        peers.append(Peer(*answers, raw=raw))
        return peers[-1]

    yield start
    for peer in peers:
        peer.close()


@pytest.fixture(autouse=True)
def open_connections(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[object]]:
    """What is open of the connections that transports make; those that wait for a request apart, if `idle` is
    False.
    """
    made: WeakSet[Connection] = WeakSet()

    class Recorded(Connection):
        def __init__(self, *options: Any) -> None:
            super().__init__(*options)
            made.add(self)

    monkeypatch.setattr(pools, "Connection", Recorded)
    sessions: WeakSet[Any] = WeakSet()

    class RecordedSession(aiohttp._Session):
        def __init__(self) -> None:
            super().__init__()
            sessions.add(self)

    monkeypatch.setattr(aiohttp, "_Session", RecordedSession)

    def opened(transport: HttpTransport | None = None, *, idle: bool = True) -> list[object]:
        waiting: list[object] = []
        if transport is not None and not idle:
            by_loop = transport._pools._idle._by_loop
            waiting = [
                each for one in by_loop.values() for queue in one.connections.values() for each in queue
            ]
        found: list[object] = []
        for connection in made:
            pool = connection._transport._pool
            if connection not in waiting:
                found += pool.connections
            found += [each for each in pool.connections if not each.is_idle()]
            found += pool._requests
        for session in sessions:
            connector = None if session.session is None else session.session.connector
            if connector is not None and not connector.closed:
                found += connector._acquired
                found += [each for queue in connector._conns.values() for each in queue] if idle else []
        return found

    return opened


@pytest.fixture(params=[HttpTransport, AioHttpTransport])
def each_transport(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, anyio_backend_name: str
) -> Any:
    """Run the tests of a module on every transport: its name `HttpTransport` is each of them in turn."""
    if request.param is AioHttpTransport and anyio_backend_name == "trio":
        pytest.skip("aiohttp runs on asyncio only")
    monkeypatch.setattr(request.module, "HttpTransport", request.param)
    return request.param
