"""What servers and networks do wrong ends in an error of this library, in bounded time and memory, and frees
the connection.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import socket
import sys
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatError, ChatRequest, Done, Messages
from chat_core.transport import Request, Timeouts
from chat_core.transport.http import HttpTransport
from chat_core.types.errors import ConfigurationError, ConnectionFailed, InvalidResponse, TimedOut
from chat_core.wire.write import dump
from chat_responses import WebSocketTransport

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("each_transport")]
SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def whole(body: bytes, *lines: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"content-length: %d" % len(body), b"", body])


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(data: object) -> bytes:
    return b"data: " + (data if isinstance(data, bytes) else json.dumps(data).encode()) + b"\n\n"


WORD = chunk(event({"id": "r", "model": "m", "choices": [{"index": 0, "delta": {"content": "word"}}]}))
REASON = chunk(event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
DONE = chunk(event(b"[DONE]"))


async def failure(transport: Any, request: Request, way: str = "whole") -> ChatError:
    async def streamed() -> None:
        async with transport.stream(request) as stream:
            _ = [burst async for burst in stream.bursts()]

    with anyio.fail_after(20), pytest.raises(ChatError) as caught:
        await (transport.send(request) if way == "whole" else streamed())
    await transport.aclose()
    return caught.value


# addresses


@pytest.mark.parametrize("make", [HttpTransport, WebSocketTransport])
@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://[::1",
        "http://\u2028",
        "https://h:port",
        "http://:80",
    ],
)
async def test_an_address_that_is_none_is_a_configuration_error(make: Callable[[], Any], origin: str) -> None:
    for way in ("whole", "streamed"):
        error = await failure(make(), Request("POST", origin + "/v1/responses", {}, b"{}"), way)
        assert isinstance(error, ConfigurationError)


@pytest.mark.parametrize("make", [HttpTransport, WebSocketTransport])
@pytest.mark.parametrize("host", ["nobody.invalid", "a b", "x" * 70, "." + "x" * 300])
async def test_a_host_that_does_not_exist_is_a_failed_connection(make: Callable[[], Any], host: str) -> None:
    for way in ("whole", "streamed"):
        error = await failure(make(), Request("POST", f"http://{host}/v1/responses", {}, b"{}"), way)
        assert isinstance(error, ConnectionFailed | ConfigurationError)


@pytest.mark.parametrize("name", ["content-length", "Content-Length", "transfer-encoding"])
async def test_a_header_that_is_the_transports_is_refused(name: str) -> None:
    error = await failure(HttpTransport(), Request("POST", "http://h/v1", {name: "3"}, b"{}"))
    assert isinstance(error, ConfigurationError)
    assert repr(name) in str(error)


# connections


@pytest.mark.parametrize("make", [HttpTransport, WebSocketTransport])
async def test_https_to_a_server_that_speaks_plain_http_says_so(
    make: Callable[[], Any], serve_raw: Callable[..., Any]
) -> None:
    peer = serve_raw(lambda connection: (connection.recv(65536), connection.sendall(whole(b"no"))))
    url = peer.origin.replace("http:", "https:")
    for way in ("whole", "streamed"):
        error = await failure(make(), Request("POST", url + "/v1/responses", {}, b"{}"), way)
        assert isinstance(error, ConnectionFailed)
        assert "this port speaks plain HTTP" in str(error)
        assert not error.retryable


@pytest.mark.parametrize("make", [HttpTransport, WebSocketTransport])
async def test_https_to_a_server_that_waits_is_limited_by_connect(
    make: Callable[[], Any], serve_raw: Callable[..., Any]
) -> None:
    peer = serve_raw(lambda connection: (connection.recv(65536), connection.recv(1)))
    url = peer.origin.replace("http:", "https:")
    for way in ("whole", "streamed"):
        request = Request("POST", url + "/v1/responses", {}, b"{}", Timeouts(connect=0.1))
        error = await failure(make(), request, way)
        assert isinstance(error, TimedOut)
        assert (error.limit, error.seconds) == ("connect", 0.1)


async def test_a_proxy_that_is_silent_is_limited_by_connect(
    serve_raw: Callable[..., Any], open_connections: Callable[..., list[object]]
) -> None:
    proxy = serve_raw(lambda connection: (connection.recv(65536), connection.recv(1)))
    transport = HttpTransport(proxy=proxy.origin)
    request = Request("POST", "https://far.invalid/v1", {}, b"{}", Timeouts(connect=0.1))
    for way in ("whole", "streamed"):
        error = await failure(transport, request, way)
        assert isinstance(error, TimedOut)
        assert error.limit == "connect"
    assert open_connections() == []


async def test_a_proxy_that_is_down_is_named() -> None:
    transport = HttpTransport(proxy="http://user:secret@127.0.0.1:1")
    for url in ("https://far.invalid/v1", "http://far.invalid/v1"):
        error = await failure(transport, Request("POST", url, {}, b"{}"))
        assert isinstance(error, ConnectionFailed)
        assert "could not connect to the proxy 127.0.0.1:1" in str(error)
        assert "secret" not in str(error)


@contextmanager
def no_file_descriptor_left() -> Iterator[None]:
    """Let no file be opened."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file descriptors are POSIX")
@pytest.mark.parametrize("imported", [True, False])
async def test_no_file_descriptor_left_is_an_error_of_ours(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, imported: bool
) -> None:
    client = ChatCompletionsBuilder().with_base_url(serve(whole(b"{}")).origin).with_model("m").build()
    dump({})  # it imports on first use too
    if not imported:  # so that the import has to open a file
        for name in [name for name in sys.modules if name.partition(".")[0] in ("httpx", "h11")]:
            monkeypatch.delitem(sys.modules, name)
    request = ChatRequest(Messages.from_user("hi"))
    with no_file_descriptor_left(), pytest.raises(ChatError, match="Too many open files"):
        await client.complete(request)


# bodies


@pytest.mark.parametrize(
    "coding", [b"gzip, gzip, gzip", b"gzip, identity", b"br", b"zstd", pytest.param(b"x" * 20_000, id="long")]
)
@pytest.mark.parametrize("way", ["whole", "streamed"])
async def test_a_coding_that_was_not_requested_is_refused(
    serve: Callable[..., Any], coding: bytes, way: str
) -> None:
    body = gzip.compress(gzip.compress(gzip.compress(bytes(1000))))
    peer = serve(whole(body, b"content-encoding: " + coding))
    error = await failure(HttpTransport(), peer.request(), way)
    assert isinstance(error, InvalidResponse)
    assert "content-encoding" in str(error) or "no HTTP" in str(error)
    assert len(str(error)) < 500
    assert b"accept-encoding: gzip, deflate\r\n" in peer.requests[-1].lower()


@pytest.mark.parametrize("coding", [b"gzip", b"deflate"])
@pytest.mark.parametrize("way", ["whole", "streamed"])
async def test_a_compression_bomb_costs_no_more_than_the_limit(
    serve: Callable[..., Any], coding: bytes, way: str
) -> None:
    pack = gzip.compress if coding == b"gzip" else zlib.compress
    bomb = pack(b"data: " + bytes(60_000_000))
    peer = serve(whole(bomb, b"content-type: text/event-stream", b"content-encoding: " + coding))
    tracemalloc.start()
    error = await failure(HttpTransport(max_bytes=2_000_000), peer.request(), way)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(error, InvalidResponse)
    assert "larger than 2,000,000 bytes" in str(error)
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param(b"gzip", gzip.compress(b"o") + gzip.compress(b"k"), id="gzip of two members"),
        pytest.param(b"x-gzip", gzip.compress(b"ok"), id="x-gzip"),
        pytest.param(b"GZIP", gzip.compress(b"ok"), id="GZIP"),
        pytest.param(b"deflate", zlib.compress(b"ok"), id="deflate"),
        pytest.param(b"deflate", zlib.compress(b"ok")[2:-4], id="raw deflate"),
        pytest.param(b"identity", b"ok", id="identity"),
    ],
)
async def test_a_coding_is_undone_in_each_of_its_forms_and_at_any_slices(
    serve: Callable[..., Any], coding: bytes, body: bytes
) -> None:
    head = whole(body, b"content-encoding: " + coding)[: -len(body)]

    def slowly(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(head)
        for at in range(len(body)):
            connection.sendall(body[at : at + 1])

    peer = serve(whole(body, b"content-encoding: " + coding), slowly)
    transport = HttpTransport()
    assert (await transport.send(peer.request())).body == b"ok"
    assert (await transport.send(peer.request())).body == b"ok"
    await transport.aclose()


async def test_a_content_length_of_many_digits_costs_nothing(serve: Callable[..., Any]) -> None:
    peer = serve(b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 20_000 + b"\r\n\r\n")
    for way in ("whole", "streamed"):
        assert isinstance(await failure(HttpTransport(), peer.request(), way), InvalidResponse)


# ends


@pytest.mark.parametrize(
    "afterwards",
    [b"zz\r\n", chunk(b": keep-alive\n\n"), b"5\r\nshort", b""],
    ids=["a bad chunk", "silence", "a cut chunk", "nothing"],
)
@pytest.mark.parametrize("end", [REASON + DONE, REASON], ids=["all", "no terminal sign"])
async def test_a_whole_turn_is_done_whatever_follows_and_its_connection_is_freed(
    serve: Callable[..., Any], end: bytes, afterwards: bytes, open_connections: Callable[..., list[object]]
) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(SSE + WORD + end + afterwards)
        if b"keep-alive" in afterwards:
            connection.recv(1)

    peer = serve(answer)
    async with ChatCompletionsBuilder().with_base_url(peer.origin).with_model("m").build() as client:
        events = [event async for event in client.stream(ChatRequest(Messages.from_user("hi")))]
        assert isinstance(events[-1], Done)
        assert events[-1].response.text == "word"
        assert await anyio.to_thread.run_sync(peer.left.wait, 5)
        assert open_connections() == []


async def test_a_hundred_requests_at_once_reuse_the_connections_of_the_hundred_before(
    serve: Callable[..., Any], open_connections: Callable[..., list[object]]
) -> None:
    everybody = threading.Barrier(100)
    peers: set[int] = set()

    def answer_all(connection: socket.socket) -> None:
        peers.add(connection.getpeername()[1])
        everybody.wait(10)
        connection.sendall(whole(b"ok"))
        request = b""
        while not request.endswith(b"{}"):
            request += connection.recv(65536)
        everybody.wait(10)
        connection.sendall(whole(b"ok"))
        connection.recv(1)

    peer = serve(answer_all)
    transport = HttpTransport()
    for _ in range(2):
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(transport.send, peer.request())
        assert len(open_connections()) == 100
    assert len(peers) == 100
    await transport.aclose()
    assert open_connections() == []
