"""Tapes: what is recorded has no secrets, and plays as it was, with faults where wanted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from chat_completions import ChatCompletionsBuilder, ChatCompletionsClient
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ConfigurationError,
    ConnectionFailed,
    Event,
    EventStream,
    Messages,
    Overloaded,
    Request,
    Response,
    RetryPolicy,
    StreamTruncated,
    TextChunk,
    TimedOut,
    Transport,
)
from chat_core.testing import (
    Cut,
    Delay,
    Duplicate,
    FakeTransport,
    LoopbackServer,
    RecordingTransport,
    Redaction,
    Reorder,
    ReplayTransport,
    Reply,
    Reset,
    Reslice,
    Stall,
    Status,
    Tape,
    TapeMismatch,
)
from chat_core.testing.pytest_plugin import tape_path
from chat_core.testing.tape import Fault
from chat_core.transport import HttpTransport

pytestmark = pytest.mark.anyio
CANARY = "canary-4f1d9c-canary"
CHUNKS: list[Any] = [
    {"choices": [{"index": 0, "delta": {"content": "Hel"}}]},
    {"choices": [{"index": 0, "delta": {"content": "lo Zü"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    "[DONE]",
]


def client_on(transport: Transport, **limits: float) -> ChatCompletionsClient:
    builder = ChatCompletionsBuilder().with_base_url("http://host/v1").with_model("m").with_api_key(CANARY)
    return builder.with_transport(transport).with_timeout(**limits).build()


async def texts(client: ChatCompletionsClient, question: str = "Hi") -> list[str]:
    async with aclosing(client.stream(ChatRequest(Messages.from_user(question)))) as events:
        return [event.text async for event in events if isinstance(event, TextChunk)]


async def recorded(path: Path, *questions: str) -> Path:
    """A tape with a streamed turn for each question."""
    transport = FakeTransport()
    for _ in questions:
        transport.answer(CHUNKS)
    client = client_on(RecordingTransport(transport, path))
    for question in questions:
        await texts(client, question)
    return path


async def test_a_recorded_exchange_plays_as_it_was(tmp_path: Path) -> None:
    with LoopbackServer([Reply("Hello there", chunk=4), Reply("Whole")]) as server:
        recorder = RecordingTransport(HttpTransport(), tmp_path / "a" / "b.tape")
        builder = ChatCompletionsBuilder().with_base_url(server.url).with_model("m")
        client = builder.with_transport(recorder).build()
        live = await texts(client)
        whole = await client.complete(ChatRequest(Messages.from_user("Whole?")))
        await client.aclose()

    player = ReplayTransport(tmp_path / "a" / "b.tape")
    client = client_on(player)
    assert await client.complete(ChatRequest(Messages.from_user("Whole?"))) == whole  # in any order
    assert len(player.unplayed) == 1
    assert await texts(client) == live == ["Hell", "o th", "ere"]
    assert player.unplayed == []
    with pytest.raises(TapeMismatch, match="the tape has ended: this is request 3 of 2"):
        await texts(client)


async def test_the_form_is_a_line_for_each_thing_that_happened(tmp_path: Path) -> None:
    path = await recorded(tmp_path / "x.tape", "Hi")
    first, request, response, burst = map(json.loads, path.read_text().splitlines())
    assert first == {"tape": 1}
    assert request["request"]["url"] == "http://host/v1/chat/completions"
    assert request["request"]["json"]["messages"] == [{"role": "user", "content": "Hi"}]
    assert response["response"] == {"status": 200, "headers": {"content-type": "text/event-stream"}}
    assert burst["events"][3] == ["message", "[DONE]"]
    tape = Tape.load(path)
    tape.save(tmp_path / "y.tape")
    assert (tmp_path / "y.tape").read_text() == path.read_text()


BODIES = [b"", b'{"a":1}', b'{ "a": 1 }', b"text\r\n\n", b"\xff\x00", '{"z":"Zü"}'.encode(), b"null"]


@pytest.mark.parametrize("body", BODIES)
async def test_a_body_is_kept_byte_for_byte(body: bytes, tmp_path: Path) -> None:
    transport = RecordingTransport(FakeTransport().answer(body), tmp_path / "x.tape")
    await transport.send(Request("PUT", "http://host/x?y=1", {}, body))
    assert Tape.load(tmp_path / "x.tape").exchanges[0].request.body == body
    played = await ReplayTransport(tmp_path / "x.tape").send(Request("PUT", "http://host/x?y=1", {}, body))
    assert played.body == body


async def test_no_secret_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", f"environment-{CANARY}")
    shapes = [
        "sk-proj-AbCdEfGhIjKlMnOpQr",
        "ek_68af296e8e408191a1120ab6",
        "auth_tokens/0123456789abcdef",
        "AKIAABCDEFGHIJKLMNOP",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0",
        "given12345",
    ]
    body: Any = {
        "error": {"message": f"Incorrect key {CANARY} or environment-{CANARY}: {' '.join(shapes)}"},
        "client_secret": "hidden-by-name",
        "max_tokens": 5,
        "signature": "kept: it is sent back",
        "logprobs": [{"token": "kept", "logprob": -1}],
    }
    request = Request(
        "POST",
        f"http://user:hidden-by-place@host/v1?key=hidden-by-parameter&alt=sse&x={CANARY}",
        {
            "Authorization": f"Bearer {CANARY}",
            "x-odd": "hidden-by-header",
            "cookie": "session=hidden-by-cookie",
            "content-type": "application/json",
        },
        json.dumps({"metadata": {"password": "hidden-by-name", "note": CANARY}}).encode(),
    )
    headers = {"set-cookie": "hidden-by-cookie", "openai-organization": "hidden-by-header"}
    fake = FakeTransport().answer(body, status=401, headers=headers).answer([body])
    fake.fail(ConnectionFailed(f"no way to {CANARY}"))
    path = tmp_path / "x.tape"
    transport = RecordingTransport(fake, path, redaction=Redaction(["given12345"]))

    await transport.send(request)
    async with transport.stream(request) as stream, aclosing(stream.bursts()) as bursts:
        async for _ in bursts:
            pass
    with pytest.raises(ConnectionFailed):
        await transport.send(request)

    written = path.read_text()
    assert CANARY not in written
    assert "hidden" not in written
    assert not any(shape in written for shape in shapes)
    for kept in (
        '"max_tokens": 5',
        "kept: it is sent back",
        '"token": "kept"',
        "alt=sse",
        "application/json",
    ):
        assert kept in written
    player = ReplayTransport(path)
    assert (await player.send(request)).status == 401  # secrets are compared as the tape has them


async def test_errors_and_streams_that_were_left_are_recorded(tmp_path: Path) -> None:
    fake = FakeTransport().fail(ConnectionFailed("refused")).answer(CHUNKS)
    recorder = RecordingTransport(fake, tmp_path / "x.tape")
    request = Request("POST", "http://host/x", {}, b"{}")
    with pytest.raises(ConnectionFailed):
        async with recorder.stream(request):
            pass
    async with recorder.stream(request) as stream, aclosing(stream.bursts()) as bursts:
        await anext(bursts)
    failed, left = Tape.load(tmp_path / "x.tape").exchanges
    assert (failed.error, failed.response) == (("ConnectionFailed", "refused"), None)
    assert left.left
    player = ReplayTransport(tmp_path / "x.tape")
    with pytest.raises(ConnectionFailed, match="refused"):
        await player.send(request)


class Broken(FakeTransport):
    """Loses the connection in the middle of a stream."""

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        yield _Lost(200, {"content-type": "text/event-stream"}, b"")


class _Lost(Response):
    async def read(self) -> bytes:
        raise ConnectionFailed("lost")

    async def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        yield (Event("message", json.dumps(CHUNKS[0])),)
        raise ConnectionFailed("lost")


async def test_a_stream_that_was_lost_is_lost_again(tmp_path: Path) -> None:
    for transport in (RecordingTransport(Broken(), tmp_path / "x.tape"), None):
        client = client_on(transport or ReplayTransport(tmp_path / "x.tape"))
        with pytest.raises(StreamTruncated) as caught:
            await texts(client)
        assert caught.value.partial.text == "Hel"


async def test_a_request_that_was_not_recorded_says_how_it_differs(tmp_path: Path) -> None:
    path = await recorded(tmp_path / "x.tape", "Hi")
    with pytest.raises(TapeMismatch) as caught:
        await texts(client_on(ReplayTransport(path)), "Else")
    assert 'messages: [{"role": "user", "content": "Else"}], the tape has' in str(caught.value)
    with pytest.raises(TapeMismatch, match=r"sent was GET /v1/models\?, the tape has POST"):
        await client_on(ReplayTransport(path)).list_models()
    assert await texts(client_on(ReplayTransport(path, match="order")), "Else") == ["Hel", "lo Zü"]


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ([Reslice(1)], ["Hel", "lo Zü"]),
        ([Duplicate(0)], ["Hel", "Hel", "lo Zü"]),
        ([Reorder(0)], ["lo Zü", "Hel"]),
        ([Duplicate(1), Reslice(3)], ["Hel", "lo Zü", "lo Zü"]),
        ([Cut(70), Reslice(5)], StreamTruncated),
        ([Reset(70)], StreamTruncated),
        ([Reset()], ConnectionFailed),
        ([Status(529)], Overloaded),
    ],
)
async def test_faults_are_composed(faults: list[Fault], expected: Any, tmp_path: Path) -> None:
    client = client_on(ReplayTransport(await recorded(tmp_path / "x.tape", "Hi"), *faults))
    if isinstance(expected, list):
        assert await texts(client) == expected
    else:
        with pytest.raises(expected):
            await texts(client)


@pytest.mark.parametrize("fault", [Reslice(0), Duplicate(4), Reorder(3), Duplicate(-1)])
async def test_a_fault_that_fits_no_tape_is_refused(fault: Fault, tmp_path: Path) -> None:
    client = client_on(ReplayTransport(await recorded(tmp_path / "x.tape", "Hi"), fault))
    with pytest.raises(ConfigurationError):
        await texts(client)


class TestOnAVirtualClock:
    @pytest.fixture
    def anyio_backend(self, virtual_backend: Any) -> Any:
        return virtual_backend

    async def test_a_stall_meets_the_time_limits(self, tmp_path: Path) -> None:
        path = await recorded(tmp_path / "x.tape", "Hi")
        with pytest.raises(TimedOut) as caught:
            await texts(client_on(ReplayTransport(path, Stall(70)), idle=30.0))
        assert caught.value.limit == "idle"

    async def test_pauses_are_kept_at_the_speed_that_is_wanted(self, tmp_path: Path) -> None:
        path = await recorded(tmp_path / "x.tape", "Hi", "Hi")
        player = ReplayTransport(path, Delay(10.0, each=True), speed=2.0)
        began = anyio.current_time()
        assert await texts(client_on(player)) == ["Hel", "lo Zü"]
        assert anyio.current_time() - began == pytest.approx(10.0, abs=0.1)
        began = anyio.current_time()
        await texts(client_on(ReplayTransport(path, Delay(10.0))))
        assert anyio.current_time() == began


async def test_a_retry_meets_the_next_exchange(tmp_path: Path) -> None:
    fake = FakeTransport().answer({"error": {"message": "busy"}}, status=503).answer(CHUNKS)
    client = client_on(RecordingTransport(fake, tmp_path / "x.tape"))
    with pytest.raises(Overloaded):
        await texts(client)
    await texts(client)
    chat = ChatBuilder().with_model(client_on(ReplayTransport(tmp_path / "x.tape")))
    async with (
        chat.with_retry(RetryPolicy(base_delay=0.0)).build().stream(Messages.from_user("Hi")) as events
    ):
        assert [event.text async for event in events if isinstance(event, TextChunk)] == ["Hel", "lo Zü"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is no line|record"),
        ('{"tape": 2}', ":1 is no line of a tape"),
        ('{"tape": 1}\n{"response": {"status": 200}}', ":2 is no line"),
        ('{"tape": 1}\nwords', ":2 is no line"),
        ('{"tape": 1}\n{"request": {"url": "http://host"}}', ":2 is no line"),
    ],
)
def test_what_is_no_tape_is_refused_with_its_line(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "x.tape").write_text(text)
    if not text:
        assert Tape.load(tmp_path / "x.tape").exchanges == []
        with pytest.raises(ConfigurationError, match="there is no tape"):
            Tape.load(tmp_path / "nowhere.tape")
        return
    with pytest.raises(ConfigurationError, match=fault):
        Tape.load(tmp_path / "x.tape")


def test_a_tape_is_named_after_its_test() -> None:
    module = Path("tests/test_agent.py")
    assert tape_path(module, "test_a") == Path("tests/tapes/test_agent/test_a.tape")
    assert tape_path(module, "test_a[trio]") == Path("tests/tapes/test_agent/test_a.tape")
    assert tape_path(module, "test_a[asyncio-x/y]") == Path("tests/tapes/test_agent/test_a-x-y.tape")


TEST = """
import asyncio
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder

def test_the_answer(tape):
    async def ask():
        builder = ChatCompletionsBuilder().with_base_url("URL").with_model("m").with_transport(tape)
        async with builder.build() as client:
            return (await ChatBuilder().with_model(client).build().complete("Hi")).text
    assert asyncio.run(ask()) == "Hello there"
"""


def test_the_fixture_records_once_and_replays_from_then_on(tmp_path: Path) -> None:
    test = tmp_path / "test_agent.py"
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["chat_core.testing.pytest_plugin"]\n')

    def outcome(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, str(test)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        return done.returncode, done.stdout + done.stderr

    with LoopbackServer([Reply("Hello there")]) as server:
        test.write_text(TEST.replace("URL", server.url))
        code, words = outcome()
        assert (code, "record it with pytest --tapes=record" in words) == (1, True)
        assert outcome("--tapes=record")[0] == 0
    assert (tmp_path / "tapes" / "test_agent" / "test_the_answer.tape").exists()
    assert outcome()[0] == 0  # the server is gone


def test_nothing_but_the_plugin_imports_pytest() -> None:
    code = "import sys, chat_core.testing as t; [getattr(t, n) for n in t.__all__]"
    code += "; print('pytest' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
