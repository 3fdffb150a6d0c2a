"""WebSockets as a seam: messages both ways, every end that was not wanted an error, and proxies."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import anyio
import anyio.lowlevel
import pytest
from chat_core import AuthenticationError, ConfigurationError, ConnectionFailed, InvalidResponse, TimedOut
from chat_core.client.open_socket import open_socket
from chat_core.testing import FakeSocket, FakeTransport
from chat_core.transport import (
    AioHttpTransport,
    DuplexTransport,
    HandshakeRefused,
    HttpTransport,
    Request,
    Timeouts,
)
from chat_core.transport.socket_open import connect
from chat_core.wire import decode_error
from websockets.http11 import Request as Handshake
from websockets.http11 import Response as Refusal
from websockets.sync.server import ServerConnection, serve

pytestmark = pytest.mark.anyio


@contextmanager
def server(
    handle: Callable[[ServerConnection], None],
    refuse: Callable[[ServerConnection, Handshake], Refusal | None] | None = None,
) -> Generator[str]:
    with serve(handle, "127.0.0.1", 0, process_request=refuse, compression=None, close_timeout=0.1) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{made.socket.getsockname()[1]}/v1/realtime?model=m"
        finally:
            made.shutdown()
            thread.join()


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


async def test_texts_and_bytes_come_back_as_what_they_were() -> None:
    with server(echo) as url:
        opened = await connect(Request("GET", url))
        await opened.send("grüß")
        await opened.send(b'{"setup": {}}')
        assert [await opened.receive(), await opened.receive()] == ["grüß", b'{"setup": {}}']
        assert opened.close_code is None
        await opened.aclose()


async def test_what_the_server_sends_right_behind_its_handshake_is_received() -> None:
    def speak_first(connection: ServerConnection) -> None:
        connection.send("first")
        connection.send(["in ", "pieces"])
        connection.recv()

    with server(speak_first) as url:
        opened = await HttpTransport().connect(Request("GET", url.replace("http", "ws")))
        assert [await opened.receive(), await opened.receive()] == ["first", "in pieces"]
        await opened.aclose()


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1011])
async def test_a_close_that_this_side_did_not_want_is_an_error_whatever_its_code(code: int) -> None:
    def leave(connection: ServerConnection) -> None:
        connection.send("all there is")
        connection.close(code, "maximum duration")

    with server(leave) as url:
        opened = await connect(Request("GET", url))
        assert await opened.receive() == "all there is"
        with pytest.raises(ConnectionFailed, match=f"{code} maximum duration"):
            await opened.receive()
        assert (opened.close_code, opened.close_reason) == (code, "maximum duration")
        with pytest.raises(ConnectionFailed):
            await opened.send("too late")
        await opened.aclose()


async def test_a_connection_that_breaks_has_no_close_code() -> None:
    def break_off(connection: ServerConnection) -> None:
        connection.socket.shutdown(socket.SHUT_RDWR)

    with server(break_off) as url:
        opened = await connect(Request("GET", url))
        with pytest.raises(ConnectionFailed, match="without a close frame"):
            await opened.receive()
        assert (opened.close_code, opened.close_reason) == (None, "")
        await opened.aclose()


async def test_after_its_own_close_a_socket_says_that_it_was_closed_on_this_side() -> None:
    with server(echo) as url:
        opened = await connect(Request("GET", url))

        async def close() -> None:
            await anyio.lowlevel.checkpoint()
            await opened.aclose()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(close)
            with pytest.raises(ConnectionFailed, match="on this side"):
                await opened.receive()
        with pytest.raises(ConnectionFailed, match="on this side"):
            await opened.send("x")


async def test_many_tasks_send_while_one_receives_and_no_message_is_torn() -> None:
    with server(echo) as url:
        opened = await connect(Request("GET", url))
        messages = {f"{number}" * 5000 for number in range(20)}
        received: set[str | bytes] = set()
        async with anyio.create_task_group() as tasks:
            for message in messages:
                tasks.start_soon(opened.send, message)
            for _ in messages:
                received.add(await opened.receive())
        assert received == messages
        await opened.aclose()


async def test_a_cancelled_receive_loses_nothing() -> None:
    with server(echo) as url:
        opened = await connect(Request("GET", url))
        with anyio.move_on_after(0):
            await opened.receive()
        await opened.send("later")
        assert await opened.receive() == "later"
        await opened.aclose()


async def test_a_message_beyond_the_limit_is_refused() -> None:
    with server(echo) as url:
        opened = await HttpTransport(max_bytes=1000).connect(Request("GET", url))
        await opened.send("x" * 1001)
        with pytest.raises(InvalidResponse, match="max_bytes"):
            await opened.receive()
        await opened.aclose()


async def test_a_refused_handshake_is_the_providers_error_and_shows_no_key() -> None:
    def refuse(connection: ServerConnection, request: Handshake) -> Refusal:
        return connection.respond(
            401, f'{{"error": {{"message": "no: {request.headers["authorization"]}"}}}}'
        )

    request = Request("GET", "", {"authorization": "Bearer s3cret-key-1234"})
    with server(echo, refuse) as url:
        request = Request("GET", url, request.headers)
        with pytest.raises(HandshakeRefused) as refused:
            await HttpTransport().connect(request)
        assert refused.value.response.status == 401
        with pytest.raises(AuthenticationError) as caught:
            await open_socket(HttpTransport(), request, decode_error)
    assert "s3cret" not in str(caught.value)


async def test_a_server_that_does_not_answer_the_handshake_ends_in_the_connect_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(TimedOut, match=r"connection within 0.05"):
            await connect(Request("GET", url, timeouts=Timeouts(connect=0.05)))


async def test_a_transport_that_opens_no_websockets_is_named() -> None:
    class Plain:
        send = stream = aclose = None

    with pytest.raises(ConfigurationError, match="Plain opens no WebSockets"):
        await open_socket(Plain(), Request("GET", "http://a.example"), decode_error)  # type: ignore[arg-type]


@contextmanager
def proxy(status: str = "200 Connection established") -> Generator[tuple[str, list[bytes]]]:
    """A proxy that tunnels one connection; the heads of the requests that it got."""
    heads: list[bytes] = []

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def work(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(1)
            heads.append(head)
            client.sendall(f"HTTP/1.1 {status}\r\nvia: p\r\n\r\n".encode())
            if not status.startswith("2"):
                return
            host, port = head.split()[1].decode().split(":")
            with socket.create_connection((host, int(port))) as upstream:
                back = threading.Thread(target=pump, args=(upstream, client), daemon=True)
                back.start()
                pump(client, upstream)
                back.join(5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=work, args=(listener,), daemon=True)
        thread.start()
        yield f"http://user:p%40ss@127.0.0.1:{listener.getsockname()[1]}", heads
        thread.join(5)


@pytest.mark.parametrize("transport", [HttpTransport, AioHttpTransport])
async def test_a_proxy_gets_a_connect_request_and_no_header_of_the_handshake(
    transport: type[HttpTransport | AioHttpTransport],
) -> None:
    with server(echo) as url, proxy() as (address, heads):
        duplex: DuplexTransport = transport(proxy=address)
        opened = await duplex.connect(Request("GET", url, {"authorization": "Bearer k"}))
        await opened.send("through")
        assert await opened.receive() == "through"
        await opened.aclose()
    [head] = heads
    host = url.split("/")[2]
    assert head.startswith(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n".encode())
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'user:p@ss').decode()}".encode() in head
    assert b"Bearer" not in head


async def test_a_proxy_that_refuses_is_named_without_its_password() -> None:
    with proxy("407 Proxy Authentication Required") as (address, _):
        with pytest.raises(
            ConnectionFailed, match=r"the proxy did not connect to ws://a.example: 407"
        ) as caught:
            await connect(Request("GET", "http://a.example/"), proxy=address)
    assert not caught.value.retryable
    assert "p@ss" not in str(caught.value)
    assert "p%40ss" not in str(caught.value)


async def test_a_proxy_that_is_not_there_and_one_of_another_kind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionFailed, match=f"the proxy 127[.]0[.]0[.]1:{port}"):
        await connect(Request("GET", "http://a.example/"), proxy=f"http://127.0.0.1:{port}")
    with pytest.raises(ConfigurationError, match=r"http:// and https:// proxies only, not '127.0.0.1:1080'"):
        await connect(Request("GET", "http://a.example/"), proxy="socks5://u:p@127.0.0.1:1080")


async def test_a_fake_socket_is_a_server_without_a_network() -> None:
    fake = FakeSocket().push({"type": "hello"}, b"\x00").close(1001, "bye")
    opened = await FakeTransport().accept(fake).connect(Request("GET", "http://a.example"))
    await opened.send('{"type": "hi"}')
    assert [await opened.receive(), await opened.receive()] == ['{"type": "hello"}', b"\x00"]
    with pytest.raises(ConnectionFailed, match="1001 bye"):
        await opened.receive()
    with pytest.raises(ConnectionFailed):
        await opened.send("{}")
    assert fake.sent == [{"type": "hi"}]


async def test_a_fake_transport_refuses_a_handshake_with_its_next_answer() -> None:
    transport = FakeTransport().answer({"error": {"message": "no"}}, status=403)
    with pytest.raises(HandshakeRefused) as refused:
        await transport.connect(Request("GET", "http://a.example"))
    assert refused.value.response.status == 403
