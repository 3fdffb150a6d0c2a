"""No error shows a key that the server sends back: not its text, not its cause, not its frames."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import aclosing, suppress
from typing import Any

import httpx
import httpx2
import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatError, ChatRequest, HttpTransport, Messages, ProviderError
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_responses import ResponsesBuilder, WebSocketTransport

pytestmark = pytest.mark.anyio
KEY = "sk-live-0123456789abcdef"
CLIENTS: dict[str, Callable[[str], Any]] = {
    "completions": lambda url: ChatCompletionsBuilder().with_base_url(url).with_api_key(KEY).with_model("m"),
    "claude": lambda url: ClaudeBuilder().with_base_url(url).with_api_key(KEY).with_model("m"),
    "gemini": lambda url: GeminiBuilder().with_base_url(url).with_api_key(KEY).with_model("m"),
    "ollama": lambda url: OllamaBuilder().with_base_url(url).with_api_key(KEY).with_model("m"),
    "responses": lambda url: ResponsesBuilder().with_base_url(url).with_api_key(KEY).with_model("m"),
}


def whole(body: str, kind: str = "application/json", status: str = "200 OK") -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(data)}\r\n\r\n"
    return head.encode() + data


RESPONSES = {
    "a refusal": whole(json.dumps({"error": {"message": f"bad key {KEY}", "code": KEY}}), status="401 No"),
    "a refusal that is a page": whole(f"<html>bad key {KEY}</html>", "text/html", "403 No"),
    "a page": whole(f"<html>bad key {KEY}</html>", "text/html"),
    "text": whole(f"bad key {KEY}", "text/plain"),
    "an error": whole(json.dumps({"error": {"message": f"bad key {KEY}"}})),
    "another object": whole(json.dumps({"what": {KEY: [KEY]}})),
    "an event that is no JSON": whole(f"data: bad key {KEY}\n\n", "text/event-stream"),
    "an event that is an error": whole(f'data: {{"error": {{"message": "{KEY}"}}}}\n\n', "text/event-stream"),
    "a bad status line": f"HTTP/1.1 200 OK {KEY}\x00\r\n\r\n".encode(),
    "a bad header": f"HTTP/1.1 200 OK\r\nbad key {KEY}\r\n\r\n".encode(),
    "a bad chunk": f"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{KEY}\r\n".encode(),
    "a body that is cut": whole(f'{{"error": "{KEY}')[:-1],
    "nothing": b"",
}


@pytest.fixture
def serve() -> Iterator[Callable[[bytes], str]]:
    """Start a server that sends these bytes to every request and closes the connection; return its URL."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(response: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(response)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)


def shown(error: BaseException) -> str:
    """Everything that a traceback with local variables shows of an error, and all its attributes."""
    text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    link: BaseException | None = error
    while link is not None:
        text += repr(link) + repr({name: value for name, value in vars(link).items() if name != "partial"})
        link = link.__cause__ or link.__context__
    return text


async def raised_by(client: Any, way: str) -> ChatError:
    request = ChatRequest(Messages.from_user("hi"))

    async def streamed() -> None:
        async with aclosing(client.stream(request)) as events:
            _ = [event async for event in events]

    with pytest.raises(ChatError) as caught:
        await (client.complete(request) if way == "whole" else streamed())
    return caught.value


@pytest.mark.parametrize("way", ["whole", "streamed"])
@pytest.mark.parametrize("response", RESPONSES)
@pytest.mark.parametrize("wire", CLIENTS)
async def test_a_key_that_the_server_sends_back_is_in_no_error(
    wire: str, response: str, way: str, serve: Callable[[bytes], str]
) -> None:
    async with CLIENTS[wire](serve(RESPONSES[response])).build() as client:
        error = await raised_by(client, way)

    assert KEY not in shown(error)
    if response == "a refusal":
        assert isinstance(error, ProviderError)
        assert "bad key ***" in str(error)


@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize("response", RESPONSES)
async def test_a_client_of_the_users_own_shows_no_key_either(
    library: Any, response: str, serve: Callable[[bytes], str]
) -> None:
    async with library.AsyncClient() as http:
        builder = CLIENTS["completions"](serve(RESPONSES[response]))
        error = await raised_by(builder.with_transport(HttpTransport(client=http)).build(), "streamed")

    assert KEY not in shown(error)


@pytest.mark.parametrize("response", [b"", whole("no", status="403 No"), b"SSH-2.0\r\n\r\n", None])
async def test_a_websocket_that_cannot_be_opened_shows_no_key(
    response: bytes | None, serve: Callable[[bytes], str]
) -> None:
    url = "http://127.0.0.1:1/v1" if response is None else serve(response)
    async with CLIENTS["responses"](url).with_transport(WebSocketTransport()).build() as client:
        for way in ("whole", "streamed"):
            assert KEY not in shown(await raised_by(client, way))


@pytest.mark.parametrize("name", ["authorization", "x-api-key", "x-goog-api-key", "x-custom-token"])
@pytest.mark.parametrize("library", [None, httpx, httpx2])
async def test_a_redirect_is_never_followed_whatever_the_client(
    library: Any, name: str, serve: Callable[[bytes], str]
) -> None:
    reached: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        target = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/v1"
        head = f"HTTP/1.1 307 Elsewhere\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n"
        builder = (
            ChatCompletionsBuilder()
            .with_base_url(serve(head.encode()))
            .with_model("m")
            .with_header(name, KEY)
        )
        if library is None:
            async with builder.build() as client:
                error = await raised_by(client, "whole")
        else:
            async with library.AsyncClient(follow_redirects=True) as http:
                error = await raised_by(builder.with_transport(HttpTransport(client=http)).build(), "whole")
        with suppress(BlockingIOError):
            reached.append(elsewhere.accept()[0].recv(65536))

    assert isinstance(error, ProviderError)
    assert error.status == 307
    assert reached == []


async def test_a_proxy_that_cannot_be_used_shows_no_password() -> None:
    transport = HttpTransport(proxy="ftp://user:sk-proxy-password@host")
    client = (
        ChatCompletionsBuilder()
        .with_base_url("http://model.test/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )

    assert "sk-proxy-password" not in shown(await raised_by(client, "whole"))
