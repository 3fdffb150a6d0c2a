"""https, with a certificate that nobody has signed (`untrusted.pem`; its key protects nothing)."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import httpx
import pytest
from chat_core.transport import AioHttpTransport, Request
from chat_core.transport.http import HttpTransport
from chat_core.transport.tls import public_trust
from chat_core.types.errors import ConnectionFailed

CERTIFICATE = Path(__file__).with_name("untrusted.pem")


def over_tls(answer: bytes) -> Callable[[socket.socket], None]:
    def serve_one(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(answer)

    return serve_one


@pytest.mark.anyio
@pytest.mark.usefixtures("each_transport")
async def test_the_error_names_a_certificate_that_is_not_trusted_and_is_not_retried(serve_raw):
    peer = serve_raw(over_tls(b""))
    transport = HttpTransport()
    with pytest.raises(ConnectionFailed) as raised:
        await transport.send(Request("POST", peer.origin.replace("http:", "https:")))
    assert f"the certificate of {peer.origin.replace('http:', 'https:')} is not trusted: " in str(
        raised.value
    )
    assert "SSL_CERT_FILE" in str(raised.value)
    assert not raised.value.retryable
    await transport.aclose()


@pytest.mark.anyio
async def test_https_works_with_an_authority_of_the_users_own(serve_raw):
    peer = serve_raw(over_tls(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"))
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with httpx.AsyncClient(verify=trusting) as client:
        response = await HttpTransport(client=client).send(
            Request("POST", peer.origin.replace("http:", "https:"))
        )
    assert response.body == b"ok"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_https_works_with_an_authority_that_a_session_of_aiohttps_trusts(
    serve_raw: Any, anyio_backend: str
) -> None:
    peer = serve_raw(over_tls(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"))
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as session:
        request = Request("POST", peer.origin.replace("http:", "https:"))
        response = await AioHttpTransport(session=session).send(request)
    assert response.body == b"ok"


@pytest.mark.anyio
@pytest.mark.usefixtures("each_transport")
async def test_https_trusts_the_authorities_of_the_file_that_ssl_cert_file_names(
    serve_raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = serve_raw(over_tls(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"))
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    public_trust.cache_clear()
    try:
        transport = HttpTransport()
        request = Request("POST", peer.origin.replace("http:", "https:"))
        assert (await transport.send(request)).body == b"ok"
        await transport.aclose()
    finally:
        public_trust.cache_clear()


@pytest.mark.anyio
async def test_only_https_reads_the_certificates(serve, monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("certificates were read")

    monkeypatch.setattr(ssl, "create_default_context", refuse)
    peer = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    transport = HttpTransport()
    assert (await transport.send(peer.request())).body == b"ok"
    await transport.aclose()


def test_cancelling_twice_in_the_handshake_leaves_nothing(serve_raw):
    peer = serve_raw(
        lambda connection: connection.recv(1 << 20) and connection.recv(1)
    )  # a hello, and no answer to it

    async def main() -> None:
        transport = HttpTransport()
        request = Request("POST", peer.origin.replace("http:", "https:"))
        for steps in range(12):
            task = asyncio.create_task(transport.send(request))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}
        await transport.aclose()

    asyncio.run(main())


@pytest.mark.anyio
@pytest.mark.usefixtures("each_transport")
async def test_a_cancelled_handshake_hangs_up_at_once(serve_raw):
    helloed, hung_up = threading.Event(), threading.Event()

    def never_answer(connection: socket.socket) -> None:
        connection.recv(1 << 20)
        helloed.set()
        if not connection.recv(1):
            hung_up.set()

    peer = serve_raw(never_answer)
    transport = HttpTransport()
    async with anyio.create_task_group() as group:
        group.start_soon(transport.send, Request("POST", peer.origin.replace("http:", "https:")))
        assert await anyio.to_thread.run_sync(helloed.wait, 5)
        group.cancel_scope.cancel()
    assert await anyio.to_thread.run_sync(hung_up.wait, 5)
    await transport.aclose()
