"""What the server does besides chat: models that come and are shown, embeddings, and what is said where no
server runs.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatRequest,
    ConfigurationError,
    ConnectionFailed,
    Event,
    EventStream,
    InvalidResponse,
    Messages,
    NotFound,
    ProviderError,
    Request,
    StreamTruncated,
)
from chat_core.testing import FakeTransport
from chat_ollama import OllamaBuilder, PullProgress, show_progress

pytestmark = pytest.mark.anyio

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
PULL = (
    {"status": "pulling manifest"},
    {"status": "pulling 111111111111", "digest": ONE, "total": 100},
    {"status": "pulling 111111111111", "digest": ONE, "total": 100, "completed": 50},
    {"status": "pulling 222222222222", "digest": TWO, "total": 300, "completed": 150},
    {"status": "pulling 111111111111", "digest": ONE, "total": 100, "completed": 100},
    {"status": "pulling 222222222222", "digest": TWO, "total": 300, "completed": 300},
    {"status": "verifying sha256 digest"},
    {"status": "writing manifest"},
    {"status": "success"},
)


def written(*lines: dict[str, Any]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def streamed(data: bytes) -> FakeTransport:
    return FakeTransport().answer(data, headers={"content-type": "application/x-ndjson"})


def builder(transport: FakeTransport) -> Any:
    return OllamaBuilder().with_model("m").with_transport(transport)


async def pulled(transport: FakeTransport, model: str | None = None) -> list[PullProgress]:
    return [progress async for progress in builder(transport).build().pull(model)]


async def test_a_download_tells_how_far_it_has_come() -> None:
    transport = streamed(written(*PULL))
    progress = await pulled(transport)
    assert [step.fraction for step in progress] == [None, 0.0, 0.5, 0.5, 0.625, 1.0, 1.0, 1.0, 1.0]
    assert progress[1] == PullProgress("pulling 111111111111", ONE, 100, 0, 0.0, 100, 0)
    assert (progress[-1].status, progress[-1].total_bytes, progress[-1].completed_bytes) == (
        "success",
        400,
        400,
    )
    assert transport.requests[0].url == "http://127.0.0.1:11434/api/pull"
    assert transport.last_body == {"model": "m", "stream": True}
    assert len(await pulled(streamed(written(*PULL)), "other")) == len(PULL)


async def test_a_download_that_is_cut_anywhere_is_an_error() -> None:
    whole = written(*PULL)
    for length in range(len(whole) - 2):  # without its line's end the last line is still whole
        with pytest.raises(StreamTruncated, match="without success"):
            await pulled(streamed(whole[:length]))


async def test_a_download_that_fails_is_an_error() -> None:
    with pytest.raises(ProviderError, match="file does not exist"):
        await pulled(streamed(written(PULL[0], {"error": "pull model manifest: file does not exist"})))
    with pytest.raises(InvalidResponse):
        await pulled(streamed(written(PULL[0]) + b"oops\n" + written(*PULL[1:])))
    with pytest.raises(InvalidResponse):
        await pulled(streamed(written({"what": "is this"})))
    with pytest.raises(NotFound, match="no such model"):
        await pulled(FakeTransport().answer({"error": "no such model"}, status=404))
    with pytest.raises(ConnectionFailed, match="ollama serve"):
        await pulled(FakeTransport().fail(ConnectionFailed("refused")))


class Lost(FakeTransport):
    """A transport that loses its connection after the answer's events."""

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        async with super().stream(request) as answer:
            yield _Losing(answer)


class _Losing:
    def __init__(self, answer: EventStream) -> None:
        self.status, self.headers, self.ok, self.read = answer.status, answer.headers, answer.ok, answer.read
        self._answer = answer

    async def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        async with aclosing(self._answer.bursts()) as bursts:
            async for burst in bursts:
                yield burst
        raise ConnectionFailed("reset by peer")


async def test_a_connection_lost_on_the_way_is_a_download_cut_and_says_why() -> None:
    lines = {"content-type": "application/x-ndjson"}
    transport = Lost().answer(written(*PULL[:3]), headers=lines).answer(written(*PULL), headers=lines)
    with pytest.raises(StreamTruncated, match="pulling 111111111111") as cut:
        await pulled(transport)
    assert isinstance(cut.value.__cause__, ConnectionFailed)
    assert len(await pulled(transport)) == len(PULL)


async def test_over_a_real_socket_a_download_arrives_line_by_line() -> None:
    body = written(*PULL)
    kind = "Content-Type: application/x-ndjson\r\nConnection: close"
    head = f"HTTP/1.1 200 OK\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    def serve(listener: socket.socket) -> None:
        for length in (len(body), 200):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head + body[:length])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        async with OllamaBuilder().with_model("m").with_host(host).build() as client:
            assert [progress.status async for progress in client.pull()][-1] == "success"
            with pytest.raises(StreamTruncated):
                [progress async for progress in client.pull()]
        thread.join()


async def test_a_download_that_is_left_is_closed() -> None:
    download: AsyncGenerator[PullProgress] = builder(streamed(written(*PULL))).build().pull()
    assert (await anext(download)).status == "pulling manifest"
    await download.aclose()


async def test_an_error_that_repeats_the_key_does_not_show_it() -> None:
    transport = FakeTransport().answer({"error": "bad key ollama-secret"}, status=401)
    client = builder(transport).with_api_key("ollama-secret").build()
    with pytest.raises(AuthenticationError) as failed:
        [progress async for progress in client.pull()]
    assert "ollama-secret" not in f"{failed.value} {failed.value.body}"


async def test_a_bar_shows_the_download(capsys: pytest.CaptureFixture[str]) -> None:
    await show_progress(builder(streamed(written(*PULL))).build().pull())
    shown = capsys.readouterr().err
    assert "success: 100%" in shown
    assert "400/400" in shown


async def test_without_tqdm_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ConfigurationError, match=r"chat-ollama\[progress\]"):
        await show_progress(builder(streamed(b"")).build().pull())


async def test_the_server_says_its_version_and_its_models() -> None:
    transport = FakeTransport().answer({"version": "0.20.1"})
    transport.answer({"models": [{"name": "a:1b", "model": "a:1b", "size": 5}, {"name": "b"}]})
    transport.answer(
        {
            "capabilities": ["completion", "tools"],
            "model_info": {"qwen3.context_length": 40960},
            "license": "MIT",
        }
    )
    transport.answer({"capabilities": []})
    client = builder(transport).build()
    assert await client.ping() == "0.20.1"
    models = await client.list_models()
    assert ([model.id for model in models], models[0].raw["size"]) == (["a:1b", "b"], 5)
    details = await client.show()
    assert (details.capabilities, details.context_length, details.raw["license"]) == (
        ("completion", "tools"),
        40960,
        "MIT",
    )
    assert (await client.show("other")).context_length is None
    assert [request.url.partition("/api")[2] for request in transport.requests] == [
        "/version",
        "/tags",
        "/show",
        "/show",
    ]
    assert transport.bodies == [{"model": "m"}, {"model": "other"}]


async def test_a_version_that_is_none_is_an_error() -> None:
    with pytest.raises(InvalidResponse):
        await builder(FakeTransport().answer({"v": 1})).build().ping()


@pytest.mark.parametrize("native", [True, False])
async def test_where_no_server_runs_the_error_says_how_to_start_one(native: bool) -> None:
    cause = ConnectionFailed("connection refused")
    transport = FakeTransport()
    made = builder(transport).with_native() if native else builder(transport)
    client = made.with_embeddings().build()
    request = ChatRequest(Messages.from_user("Hello"))

    async def stream() -> None:
        [event async for event in client.stream(request)]

    for call in (
        lambda: client.complete(request),
        stream,
        client.ping,
        client.list_models,
        lambda: client.embed(["a"]),
    ):
        transport.fail(cause)
        with pytest.raises(ConnectionFailed, match="ollama serve") as failed:
            await call()
        assert "http://127.0.0.1:11434?" in str(failed.value)
        assert "https://ollama.com/download" in str(failed.value)
        assert failed.value.__cause__ is cause
        assert failed.value.retryable


async def test_a_real_port_where_nothing_listens() -> None:
    async with OllamaBuilder().with_model("m").with_host("127.0.0.1:1").build() as client:
        with pytest.raises(ConnectionFailed, match="ollama serve"):
            await client.ping()


async def test_texts_become_vectors_in_their_order() -> None:
    transport = FakeTransport().answer(
        {"model": "e", "embeddings": [[0.5, 1], [2, 3]], "prompt_eval_count": 4}
    )
    made = builder(transport).with_keep_alive("1h").with_context_length(512).with_embeddings(dimensions=2)
    response = await ChatBuilder().with_model(made.build()).build().embed(["a", "b"])
    assert [list(embedding.vector) for embedding in response.embeddings] == [[0.5, 1], [2, 3]]
    assert (response.model, response.usage.input_tokens) == ("e", 4)
    assert transport.requests[0].url == "http://127.0.0.1:11434/api/embed"
    assert transport.last_body == {
        "model": "m",
        "input": ["a", "b"],
        "keep_alive": "1h",
        "options": {"num_ctx": 512},
        "dimensions": 2,
    }


@pytest.mark.parametrize("embeddings", [[], [[]], [["a"]], [None], [[1], [2]], None])
async def test_what_is_no_vector_is_not_taken_for_one(embeddings: object) -> None:
    transport = FakeTransport().answer({"embeddings": embeddings})
    with pytest.raises(InvalidResponse):
        await builder(transport).with_embeddings().build().embed(["a"])


async def test_no_texts_cost_no_request_and_an_error_under_200_is_one() -> None:
    client = builder(FakeTransport().answer({"error": "no"})).with_embeddings().build()
    assert (await client.embed([])).embeddings == ()
    with pytest.raises(ProviderError, match="no"):
        await client.embed(["a"])
