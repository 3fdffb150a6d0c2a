"""What goes over the wire, and what comes back, on asyncio and trio."""

import gzip
import socket
import subprocess
import sys
import threading
import tracemalloc

import anyio
import pytest
from chat_core.transport import Event, Request, Response, Timeouts, Transport, events_from_bursts
from chat_core.transport.http import HttpTransport
from chat_core.types.errors import ConfigurationError, ConnectionFailed, InvalidResponse, TimedOut
from chat_core.types.version import VERSION

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("each_transport")]

SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"


def whole(body: bytes, *lines: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"content-length: %d" % len(body), b"", body])


async def test_send_gives_status_headers_and_body_whatever_the_status(serve):
    peer = serve(
        whole(
            b'{"error": 1}', b"X-Request-Id: r1", b"Set-Cookie: a", b"Set-Cookie: b", status=b"429 Too Many"
        )
    )
    transport: Transport = HttpTransport()

    response = await transport.send(peer.request(body=b'{"a": 1}', Authorization="Bearer key"))

    assert response == Response(
        429, {"x-request-id": "r1", "set-cookie": "a, b", "content-length": "12"}, b'{"error": 1}'
    )
    assert not response.ok
    head, body = peer.requests[0].split(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == "POST /v1 HTTP/1.1"
    assert sorted(lines, key=str.lower) == [
        "accept-encoding: gzip, deflate",
        "Authorization: Bearer key",
        "Content-Length: 8",
        f"Host: {peer.origin.removeprefix('http://')}",
        f"user-agent: chat-core/{VERSION}",
    ]
    assert body == b'{"a": 1}'
    await transport.aclose()


async def test_headers_of_the_request_stand_before_the_transports_own(serve):
    peer = serve(whole(b""))
    transport = HttpTransport()
    await transport.send(peer.request(User_Agent="mine", ACCEPT_ENCODING="identity"))
    assert b"User-Agent: mine\r\nACCEPT-ENCODING: identity" in peer.requests[0]
    assert (
        peer.requests[0].lower().count(b"user-agent")
        == peer.requests[0].lower().count(b"accept-encoding")
        == 1
    )
    await transport.aclose()


async def test_a_redirect_is_only_a_status(serve):
    peer = serve(whole(b"", b"location: /elsewhere", status=b"307 Temporary Redirect"))
    transport = HttpTransport()
    assert (await transport.send(peer.request())).status == 307
    assert len(peer.requests) == 1
    await transport.aclose()


async def test_one_connection_serves_request_after_request(serve):
    ports = []

    def remember(connection: socket.socket) -> None:
        ports.append(connection.getpeername()[1])
        connection.sendall(whole(b"last"))

    peer = serve(whole(b"one"), whole(b"data: 1\n\n", b"content-type: text/event-stream"), remember)
    transport = HttpTransport()
    assert (await transport.send(peer.request())).body == b"one"
    async with transport.stream(peer.request()) as stream:
        assert [event async for event in events_from_bursts(stream.bursts())] == [Event("message", "1")]
    assert not peer.left.is_set()
    assert (await transport.send(peer.request())).body == b"last"
    await transport.aclose()


@pytest.mark.parametrize("encoding", [b"gzip", b"identity"])
async def test_a_stream_is_status_headers_and_events(serve, encoding: bytes):
    events = b"".join(b"data: %d\n\n" % i for i in range(1000))
    body = gzip.compress(events) if encoding == b"gzip" else events
    peer = serve(whole(body, b"Content-Type: text/event-stream", b"Content-Encoding: " + encoding))
    transport = HttpTransport()

    async with transport.stream(peer.request()) as stream:
        assert (stream.status, stream.ok) == (200, True)
        assert stream.headers["content-type"] == "text/event-stream"
        assert [event.data async for event in events_from_bursts(stream.bursts())] == [
            str(i) for i in range(1000)
        ]
    assert (await transport.send(peer.request())).body == events
    await transport.aclose()


async def test_a_stream_can_be_read_whole_instead(serve):
    peer = serve(whole(b'{"error": 1}', status=b"500 Oh"))
    transport = HttpTransport()
    async with transport.stream(peer.request()) as stream:
        assert (stream.status, stream.ok) == (500, False)
        assert await stream.read() == b'{"error": 1}'
    await transport.aclose()


async def test_a_second_loop_goes_on_where_the_first_broke_off(serve):
    first_was_read = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.sendall(SSE + b"content-length: 27\r\n\r\ndata: 1\n\n")
        first_was_read.wait(5)
        connection.sendall(b"data: 2\n\ndata: 3\n\n")

    peer = serve(answer)
    transport = HttpTransport()
    async with transport.stream(peer.request()) as stream:
        async for burst in stream.bursts():
            assert burst == [Event("message", "1")]
            break
        first_was_read.set()
        assert [event.data async for event in events_from_bursts(stream.bursts())] == ["2", "3"]
    await transport.aclose()


@pytest.mark.parametrize("read", ["nothing", "one", "to a pause"])
async def test_leaving_a_stream_early_hangs_up_at_once(serve, read: str, open_connections):
    hung_up = threading.Event()

    def stream_for_ever(connection: socket.socket) -> None:
        connection.sendall(SSE + b"\r\n" + b"data: 1\n\n" * 3)
        if not connection.recv(1):
            hung_up.set()

    peer = serve(stream_for_ever)
    transport = HttpTransport()
    async with transport.stream(peer.request()) as stream:
        if read != "nothing":
            async for burst in stream.bursts():
                assert burst[0].data == "1"
                if read == "one":
                    break
                with anyio.move_on_after(0.02):
                    [burst async for burst in stream.bursts()]
                break
    assert await anyio.to_thread.run_sync(hung_up.wait, 5)
    assert open_connections() == []
    await transport.aclose()


async def test_an_exception_in_the_reader_comes_out_as_it_is_and_hangs_up(serve):
    peer = serve(lambda connection: (connection.sendall(SSE + b"\r\ndata: 1\n\n"), connection.recv(1)))
    transport = HttpTransport()

    async def read_badly() -> None:
        async with transport.stream(peer.request()) as stream:
            async for _ in stream.bursts():
                raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await read_badly()
    assert await anyio.to_thread.run_sync(peer.left.wait, 5)
    await transport.aclose()


async def test_a_slow_reader_makes_the_server_wait(serve):
    sent = []
    body = b"data: %s\n\n" % (b"x" * 65_000)

    def flood(connection: socket.socket) -> None:
        connection.sendall(SSE + b"content-length: %d\r\n\r\n" % (1000 * len(body)))
        for _ in range(1000):
            connection.sendall(body)
            sent.append(1)

    peer = serve(flood)
    transport = HttpTransport()
    async with transport.stream(peer.request()) as stream:
        count = 0
        async for _ in events_from_bursts(stream.bursts()):
            count += 1
            if count == 1:
                for _ in range(50):
                    await anyio.sleep(0.002)
                assert len(sent) < 500  # what sockets and buffers hold, not all of it
    assert count == 1000
    await transport.aclose()


@pytest.mark.parametrize("sends_length", [True, False])
async def test_an_answer_larger_than_the_limit_is_refused_without_holding_it(
    serve, sends_length: bool, open_connections
):
    def enormous(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\n" + (b"content-length: 300000000\r\n\r\n" if sends_length else b"\r\n")
        )
        for _ in range(300):
            connection.sendall(bytes(1_000_000))

    peer = serve(enormous)
    transport = HttpTransport(max_bytes=1_000_000)
    tracemalloc.start()
    with pytest.raises(
        InvalidResponse, match=r"larger than 1,000,000 bytes; HttpTransport\(max_bytes=...\) raises the limit"
    ):
        await transport.send(peer.request())
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 8_000_000
    assert await anyio.to_thread.run_sync(peer.left.wait, 5)
    assert open_connections() == []
    await transport.aclose()


async def test_what_is_unpacked_counts_towards_the_limit(serve):
    peer = serve(whole(gzip.compress(bytes(2_000_000)), b"content-encoding: gzip"))
    transport = HttpTransport(max_bytes=1_000_000)
    with pytest.raises(InvalidResponse, match="larger than"):
        await transport.send(peer.request())
    async with transport.stream(peer.request()) as stream:
        with pytest.raises(InvalidResponse, match="larger than"):
            await stream.read()
    await transport.aclose()


async def both(transport: HttpTransport, request: Request) -> list[Exception]:
    """What `send` and `stream` raise for it."""
    raised = []
    with pytest.raises(Exception) as info:
        await transport.send(request)
    raised.append(info.value)
    with pytest.raises(Exception) as info:
        async with transport.stream(request) as stream:
            [burst async for burst in stream.bursts()]
    raised.append(info.value)
    await transport.aclose()
    return raised


async def test_a_server_that_is_not_there_is_named_without_path_query_or_user(unused_port: int):
    request = Request(
        "POST", f"http://127.0.0.1:{unused_port}/v1?key=secret", {"authorization": "Bearer secret"}
    )
    for raised in await both(HttpTransport(), request):
        assert isinstance(raised, ConnectionFailed)
        assert raised.retryable
        assert str(raised).startswith(f"could not connect to http://127.0.0.1:{unused_port}: ")
        assert str(raised).endswith("; is the server running, and is the base URL right?")
        assert "secret" not in str(raised)
        assert raised.__cause__ is not None


async def test_the_error_names_a_host_that_is_unknown():
    for raised in await both(HttpTransport(), Request("POST", "http://nobody.invalid/")):
        assert isinstance(raised, ConnectionFailed)
        assert "http://nobody.invalid: " in str(raised)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "closed the connection before it responded"),
        (b"HTTP/1.1 200 OK\r\ncont", "closed the connection before it responded"),
        (
            SSE + b"content-length: 99\r\n\r\ndata: 1\n\n",
            "closed the connection in the middle of the response",
        ),
        (
            SSE + b"transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n",
            "closed the connection in the middle of the response",
        ),
    ],
)
async def test_the_error_names_a_connection_that_is_cut(serve, answer: bytes, message: str):
    peer = serve(lambda connection: connection.sendall(answer))
    for raised in await both(HttpTransport(), peer.request()):
        assert isinstance(raised, ConnectionFailed)
        assert f"{peer.origin} {message}" in str(raised)
        assert raised.__cause__ is not None


async def test_events_before_the_cut_are_given(serve):
    peer = serve(
        lambda connection: connection.sendall(SSE + b"content-length: 99\r\n\r\ndata: 1\n\ndata: 2\n")
    )
    transport = HttpTransport()
    async with transport.stream(peer.request()) as stream:
        bursts = stream.bursts()
        assert await anext(bursts) == [Event("message", "1")]
        with pytest.raises(ConnectionFailed):
            await anext(bursts)
    await transport.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        SSE + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n\x00: \r\n\r\n",
    ],
)
async def test_what_is_no_http_is_an_invalid_response(serve, answer: bytes):
    peer = serve(lambda connection: connection.sendall(answer))
    for raised in await both(HttpTransport(), peer.request()):
        assert isinstance(raised, InvalidResponse)
        assert f"the response of {peer.origin} is no HTTP: " in str(raised)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # trio's, at a generator that httpx drops
async def test_a_body_that_is_not_in_its_content_encoding_is_an_invalid_response(serve):
    peer = serve(whole(b"data: 1\n\n", b"content-type: text/event-stream", b"content-encoding: gzip"))
    for raised in await both(HttpTransport(), peer.request()):
        assert isinstance(raised, InvalidResponse)
        assert "content-encoding" in str(raised)


async def test_a_connection_that_takes_too_long_times_out():
    with socket.socket() as full:  # a listener that accepts nobody: its queue is full
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            request = Request(
                "POST", f"http://127.0.0.1:{port}/", timeouts=Timeouts(connect=0.05, total=None)
            )
            for raised in await both(HttpTransport(), request):
                assert isinstance(raised, TimedOut)
                assert (raised.limit, raised.seconds) == ("connect", 0.05)


async def test_https_where_http_is_spoken_is_a_failed_connection_with_the_reason(serve):
    peer = serve(lambda connection: connection.sendall(whole(b"")))
    for raised in await both(HttpTransport(), Request("POST", peer.origin.replace("http", "https"))):
        assert isinstance(raised, ConnectionFailed)
        assert "could not connect to https://127.0.0.1" in str(raised)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/v1", "http:// or https://"),
        ("localhost:8000/v1", "http:// or https://"),
        ("http:///v1", "a host"),
        ("http://host:port/v1", "no URL"),
        ("http://user:secret@host/v1", "with_header"),
    ],
)
async def test_a_url_that_cannot_be_requested_is_a_configuration_error(url: str, message: str):
    for raised in await both(HttpTransport(), Request("POST", url)):
        assert isinstance(raised, ConfigurationError)
        assert message in str(raised)
        assert "secret" not in str(raised)


@pytest.mark.parametrize("value", ["secret\n", " secret", "secret\r\nx: y", "sécret", "secret\x00"])
async def test_a_header_that_cannot_be_sent_is_named_without_its_value(serve, value: str):
    peer = serve(whole(b""))
    for raised in await both(HttpTransport(), peer.request(authorization=value)):
        assert isinstance(raised, ConfigurationError)
        assert "'authorization'" in str(raised)
        assert "cret" not in str(raised)
        assert raised.__cause__ is None
        assert raised.__context__ is None
    assert peer.requests == []


async def test_a_request_goes_through_the_proxy(serve):
    proxy = serve(whole(b"from afar"))
    transport = HttpTransport(proxy=proxy.origin)
    response = await transport.send(Request("POST", "http://far.invalid/v1", body=b"{}"))
    assert response.body == b"from afar"
    assert proxy.requests[0].startswith(b"POST http://far.invalid/v1 HTTP/1.1\r\nHost: far.invalid\r\n")
    await transport.aclose()


async def test_the_error_names_a_proxy_that_refuses(serve):
    proxy = serve(whole(b"", status=b"407 Proxy Authentication Required"))
    for raised in await both(HttpTransport(proxy=proxy.origin), Request("POST", "https://far.invalid/v1")):
        assert isinstance(raised, ConnectionFailed)
        assert "the proxy did not connect to https://far.invalid: 407 Proxy Authentication Required" in str(
            raised
        )


@pytest.mark.parametrize("proxy", ["ftp://host", "socks5://host", "http://host:port"])
async def test_a_proxy_that_cannot_be_used_is_a_configuration_error(proxy: str):
    for raised in await both(HttpTransport(proxy=proxy), Request("POST", "http://far.invalid/v1")):
        assert isinstance(raised, ConfigurationError)
        assert "HttpTransport(proxy=...) cannot be used" in str(raised)


async def test_many_requests_at_once_share_one_transport(serve, open_connections):
    peer = serve(whole(b"ok"))
    transport = HttpTransport()
    bodies = []

    async def ask() -> None:
        bodies.append((await transport.send(peer.request())).body)

    async with anyio.create_task_group() as group:
        for _ in range(150):
            group.start_soon(ask)
    assert bodies == [b"ok"] * 150
    await transport.aclose()
    assert open_connections() == []


async def test_a_closed_transport_can_be_used_again(serve):
    peer = serve(whole(b"ok"))
    transport = HttpTransport()
    await transport.aclose()
    for _ in range(2):
        assert (await transport.send(peer.request())).body == b"ok"
        await transport.aclose()
        assert await anyio.to_thread.run_sync(peer.left.wait, 5)


def test_importing_and_making_a_transport_does_not_import_httpx():
    code = (
        "import sys; from chat_core.transport.http import HttpTransport; HttpTransport();"
        "sys.exit(any(name in sys.modules for name in ('httpx', 'httpcore', 'httpx_sse', 'httpx2')))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
