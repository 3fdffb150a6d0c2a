"""The exchange: a turn that is complete is never lost, whatever follows, and one that is not is an error."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeAlias

import anyio
import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatError,
    ChatRequest,
    ConnectionFailed,
    Done,
    Event,
    EventStream,
    InvalidResponse,
    Messages,
    Request,
    Response,
    StreamTruncated,
    TextChunk,
    TimedOut,
)
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_responses import ResponsesBuilder

pytestmark = pytest.mark.anyio
Burst: TypeAlias = Sequence[Event]
Body: TypeAlias = Callable[[], AsyncGenerator[Burst]]


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


class Plays:
    """A transport whose response is what `body` yields.

    `left_at` is the time at which the stream was left.
    """

    def __init__(self, body: Body) -> None:
        self.body = body
        self.left_at: float | None = None

    async def send(self, request: Request, /) -> Response:
        raise AssertionError("only streams")

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        try:
            yield _Stream(self.body)
        finally:
            self.left_at = anyio.current_time()

    async def aclose(self) -> None: ...


class _Stream:
    status, ok = 200, True
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}

    def __init__(self, body: Body) -> None:
        self._body = body

    async def read(self) -> bytes:
        return b""

    async def bursts(self) -> AsyncGenerator[Burst]:
        async with aclosing(self._body()) as bursts:
            async for burst in bursts:
                yield burst


def event(data: object, kind: str = "message") -> Burst:
    return (Event(kind, data if isinstance(data, str) else json.dumps(data)),)


def chunk(**choice: Any) -> Burst:
    return event({"id": "r", "model": "m", "choices": [{"index": 0, **choice}]})


WORD = chunk(delta={"content": "word"})
REASON = chunk(delta={}, finish_reason="stop")
USAGE = event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}})
DONE = event("[DONE]")


async def forever() -> AsyncGenerator[Burst]:
    await anyio.sleep_forever()
    yield ()


async def keep_alives() -> AsyncGenerator[Burst]:
    while True:
        await anyio.sleep(0.5)
        yield ()
        yield event({"type": "ping"})


async def reset() -> AsyncGenerator[Burst]:
    raise ConnectionFailed("reset by peer")
    yield ()


async def bad_chunk() -> AsyncGenerator[Burst]:
    raise InvalidResponse("the response is no HTTP: bad chunk size")
    yield ()


async def ends() -> AsyncGenerator[Burst]:
    return
    yield ()


AFTERWARDS = [forever, keep_alives, reset, bad_chunk, ends]


def then(afterwards: Body, *bursts: Burst) -> Plays:
    async def body() -> AsyncGenerator[Burst]:
        for burst in bursts:
            yield burst
        async with aclosing(afterwards()) as rest:
            async for burst in rest:
                yield burst

    return Plays(body)


def completions(transport: Plays) -> Any:
    builder = ChatCompletionsBuilder().with_base_url("http://model.test/v1").with_model("m")
    return builder.with_transport(transport).build()


def claude(transport: Plays) -> Any:
    return ClaudeBuilder().with_api_key("k").with_model("m").with_transport(transport).build()


def gemini(transport: Plays) -> Any:
    return GeminiBuilder().with_api_key("k").with_model("m").with_transport(transport).build()


def ollama(transport: Plays) -> Any:
    return OllamaBuilder().with_model("m").with_keep_alive("5m").with_transport(transport).build()


def responses(transport: Plays) -> Any:
    return (
        ResponsesBuilder()
        .with_base_url("http://model.test/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )


async def turn(client: Any) -> list[Any]:
    async with aclosing(client.stream(ChatRequest(Messages.from_user("hi")))) as events:
        return [each async for each in events]


@pytest.mark.parametrize("afterwards", AFTERWARDS)
@pytest.mark.parametrize("end", [(REASON,), (REASON, USAGE), (REASON, USAGE, DONE), (DONE,)])
async def test_what_is_complete_is_done_whatever_follows(end: Sequence[Burst], afterwards: Body) -> None:
    transport = then(afterwards, WORD, *end)
    started = anyio.current_time()

    *_, done = await turn(completions(transport))

    assert isinstance(done, Done)
    assert done.response.text == "word"
    if USAGE in end:
        assert done.response.usage.input_tokens == 3
    assert transport.left_at is not None
    assert transport.left_at - started <= 2.01


async def test_usage_that_comes_a_moment_after_the_finish_reason_is_waited_for() -> None:
    async def body() -> AsyncGenerator[Burst]:
        yield WORD
        yield REASON
        await anyio.sleep(1.9)
        yield USAGE
        await anyio.sleep(1.9)
        yield DONE

    *_, done = await turn(completions(Plays(body)))

    assert done.response.usage.input_tokens == 3


@pytest.mark.parametrize(
    ("afterwards", "expected", "limit"),
    [
        (forever, TimedOut, 120),
        (keep_alives, TimedOut, 120),
        (reset, StreamTruncated, 0),
        (ends, StreamTruncated, 0),
        (bad_chunk, InvalidResponse, 0),
    ],
)
async def test_what_is_not_complete_is_an_error(
    afterwards: Body, expected: type[ChatError], limit: float
) -> None:
    transport = then(afterwards, WORD)
    started = anyio.current_time()

    with pytest.raises(expected):
        await turn(completions(transport))

    assert transport.left_at is not None
    assert transport.left_at - started == pytest.approx(limit)


CLAUDE = [
    event(
        {"type": "message_start", "message": {"id": "r", "model": "m", "usage": {"input_tokens": 3}}},
        "message_start",
    ),
    event(
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        "content_block_start",
    ),
    event(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word"}},
        "content_block_delta",
    ),
    event({"type": "content_block_stop", "index": 0}, "content_block_stop"),
    event(
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        "message_delta",
    ),
    event({"type": "message_stop"}, "message_stop"),
]
GEMINI = [
    event({"candidates": [{"content": {"role": "model", "parts": [{"text": "wo"}]}}]}),
    event(
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "rd"}]}, "finishReason": "STOP"}]}
    ),
]
OLLAMA = [
    event({"model": "m", "message": {"role": "assistant", "content": "word"}, "done": False}),
    event(
        {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    ),
]
RESPONSES = [
    event({"type": "response.created", "response": {"id": "r", "model": "m", "status": "in_progress"}}),
    event({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "word"}),
    event(
        {
            "type": "response.completed",
            "response": {
                "id": "r",
                "model": "m",
                "status": "completed",
                "output": [
                    {
                        "type": "message",
                        "role": "assistant",
                        "content": [{"type": "output_text", "text": "word"}],
                    }
                ],
            },
        }
    ),
]
WIRES = [
    pytest.param(claude, CLAUDE, id="claude"),
    pytest.param(gemini, GEMINI, id="gemini"),
    pytest.param(ollama, OLLAMA, id="ollama"),
    pytest.param(responses, RESPONSES, id="responses"),
]


@pytest.mark.parametrize("afterwards", AFTERWARDS)
@pytest.mark.parametrize(("client", "bursts"), WIRES)
async def test_on_every_wire_what_is_complete_is_done_whatever_follows(
    client: Callable[[Plays], Any], bursts: list[Burst], afterwards: Body
) -> None:
    transport = then(afterwards, *bursts)
    started = anyio.current_time()

    *_, done = await turn(client(transport))

    assert isinstance(done, Done)
    assert done.response.text == "word"
    assert transport.left_at is not None
    assert transport.left_at - started <= 2.01


@pytest.mark.parametrize("afterwards", [reset, ends])
@pytest.mark.parametrize(("client", "bursts"), WIRES)
async def test_on_every_wire_a_connection_that_ends_before_the_last_event_is_an_error(
    client: Callable[[Plays], Any], bursts: list[Burst], afterwards: Body
) -> None:
    with pytest.raises(StreamTruncated):
        await turn(client(then(afterwards, *bursts[:-1])))


@pytest.mark.parametrize("afterwards", [forever, keep_alives])
@pytest.mark.parametrize(("client", "bursts"), WIRES)
async def test_on_every_wire_what_stalls_before_its_finish_reason_times_out(
    client: Callable[[Plays], Any], bursts: list[Burst], afterwards: Body
) -> None:
    has_reason_earlier = bursts is CLAUDE  # all others give it with their last event
    with pytest.raises(TimedOut):
        await turn(client(then(afterwards, *bursts[: -2 if has_reason_earlier else -1])))


@pytest.mark.parametrize("afterwards", [forever, keep_alives])
async def test_after_the_stop_reason_of_claude_a_stall_of_two_seconds_is_the_end(afterwards: Body) -> None:
    transport = then(afterwards, *CLAUDE[:-1])
    started = anyio.current_time()

    *_, done = await turn(claude(transport))

    assert isinstance(done, Done)
    assert (done.response.text, done.response.finish_reason) == ("word", "stop")
    assert done.response.usage.output_tokens == 1
    assert transport.left_at is not None
    assert 2 <= transport.left_at - started <= 2.01


async def test_after_the_stop_reason_of_claude_a_stall_within_a_block_is_no_end() -> None:
    open_block = [burst for burst in CLAUDE[:-1] if "block_stop" not in burst[0].data]

    with pytest.raises(TimedOut):
        await turn(claude(then(keep_alives, *open_block)))


async def test_after_the_stop_reason_of_claude_what_comes_a_moment_later_counts() -> None:
    async def body() -> AsyncGenerator[Burst]:
        for burst in CLAUDE[:-1]:
            yield burst
        await anyio.sleep(1.5)
        yield event({"type": "message_delta", "delta": {}, "usage": {"output_tokens": 7}}, "message_delta")
        await anyio.sleep(1.5)
        yield CLAUDE[-1]

    *_, done = await turn(claude(Plays(body)))

    assert done.response.usage.output_tokens == 7


async def test_on_bedrock_the_usage_after_the_stop_reason_is_waited_for_two_seconds() -> None:
    transport = then(
        keep_alives,
        event({"contentBlockIndex": 0, "delta": {"text": "word"}}, "contentBlockDelta"),
        event({"contentBlockIndex": 0}, "contentBlockStop"),
        event({"stopReason": "end_turn"}, "messageStop"),
    )
    builder = BedrockBuilder().with_model("m").with_region("us-east-1").with_api_key("k")
    started = anyio.current_time()

    *_, done = await turn(builder.with_transport(transport).build())

    assert (done.response.text, done.response.finish_reason) == ("word", "stop")
    assert transport.left_at is not None
    assert transport.left_at - started <= 2.01


async def test_a_burst_is_read_up_to_the_terminal_sign() -> None:
    [word], [reason], [done] = WORD, REASON, DONE
    transport = then(ends, (word, reason, done, Event("message", "no JSON")))

    text, end = await turn(completions(transport))

    assert text == TextChunk("word")
    assert isinstance(end, Done)


@pytest.mark.parametrize("retryable", [True, False])
async def test_a_lost_connection_is_the_cause_of_the_cut_and_says_whether_to_try_again(
    retryable: bool,
) -> None:
    async def lost() -> AsyncGenerator[Burst]:
        error = ConnectionFailed("reset by peer")
        error.retryable = retryable
        raise error
        yield ()

    with pytest.raises(StreamTruncated) as cut:
        await turn(completions(then(lost, WORD)))

    assert isinstance(cut.value.__cause__, ConnectionFailed)
    assert cut.value.retryable is retryable
