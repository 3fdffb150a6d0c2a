"""Who tries again, when, how often, and what is never done twice."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import anyio
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatError,
    ChatRequest,
    Completed,
    ConfigurationError,
    ConnectionFailed,
    Done,
    EmbeddingsResponse,
    InvalidRequest,
    InvalidResponse,
    Messages,
    Notice,
    Overloaded,
    ProviderError,
    RateLimited,
    RetryPolicy,
    StreamTruncated,
    TextChunk,
    TimedOut,
    ToolCall,
    TurnEvent,
    tool,
)
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_core.types.response import ChatResponse

pytestmark = pytest.mark.anyio

BUSY = Overloaded("busy", status=503, retryable=True)
AT_ONCE = RetryPolicy(base_delay=0.0)
ANSWER = {
    "id": "r",
    "model": "m",
    "choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}],
}


def limited(retry_after: float | None) -> RateLimited:
    return RateLimited("slow down", status=429, retry_after=retry_after, retryable=True)


# how soon


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: high)


@pytest.fixture
def least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: low)


@pytest.mark.usefixtures("most")
def test_the_longest_delay_doubles_up_to_its_limit() -> None:
    policy = RetryPolicy(max_retries=9)

    assert [policy.delay(retry, BUSY) for retry in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


@pytest.mark.usefixtures("least")
def test_the_shortest_is_what_the_server_asks_for() -> None:
    assert RetryPolicy().delay(1, BUSY) == 0.0
    assert RetryPolicy().delay(1, limited(7.5)) == 7.5
    assert RetryPolicy().delay(1, limited(None)) == 0.0


@pytest.mark.usefixtures("most")
def test_jitter_is_added_to_what_the_server_asks_for() -> None:
    assert RetryPolicy().delay(2, limited(7.5)) == 8.5


def test_the_jitter_is_full() -> None:
    delays = [RetryPolicy().delay(1, BUSY) for _ in range(200)]

    assert all(delay is not None and 0.0 <= delay <= 0.5 for delay in delays)
    assert len(set(delays)) > 100


def test_a_request_is_not_retried_where_the_server_wants_too_long_a_wait() -> None:
    assert RetryPolicy().delay(1, limited(120.0)) is not None
    assert RetryPolicy().delay(1, limited(120.5)) is None


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ConnectionFailed("refused"), True),
        (TimedOut("connect", 10), True),
        (StreamTruncated("cut", partial=ChatResponse(Messages.from_user("")[0])), True),
        (BUSY, True),
        (limited(None), True),
        (TimedOut("first_event", 300), False),
        (TimedOut("idle", 120), False),
        (TimedOut("total", 1), False),
        (InvalidRequest("no", status=400), False),
        (AuthenticationError("no", status=401), False),
        (InvalidResponse("what?"), False),
        (ConfigurationError("no"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_what_may_pass_is_tried_again(error: ChatError, again: bool) -> None:
    assert (RetryPolicy().delay(1, error) is not None) is again
    assert RetryPolicy().delay(3, error) is None


# over the wire


@pytest.mark.parametrize(
    ("status", "again"),
    [(408, 1), (409, 1), (429, 1), (500, 1), (502, 1), (503, 1), (529, 1), (400, 0), (401, 0), (404, 0)],
)
async def test_these_statuses_are_tried_again(status: int, again: int) -> None:
    transport = FakeTransport().answer({"error": {"message": "x"}}, status=status).answer(ANSWER)
    client = (
        ChatCompletionsBuilder()
        .with_base_url("http://model.test/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    chat = ChatBuilder().with_model(client).with_retry(AT_ONCE).build()

    if again:
        response = await chat.complete(Messages.from_user("hi"))
        assert response.text == "hi"
        assert [notice.about for notice in response.notices] == ["retry"]
    else:
        with pytest.raises(ProviderError):
            await chat.complete(Messages.from_user("hi"))
    assert len(transport.requests) == 1 + again
    assert len({request.body for request in transport.requests}) == 1


async def test_two_retries_by_default_and_then_the_error() -> None:
    provider = ScriptedProvider([BUSY, BUSY, BUSY, "too late"])
    chat = ChatBuilder().with_model(provider).with_retry(AT_ONCE).build()

    with pytest.raises(Overloaded) as error:
        await chat.complete(Messages.from_user("hi"))

    assert error.value is BUSY
    assert len(provider.requests) == 1 + RetryPolicy().max_retries == 3


async def test_none_when_none_are_wanted() -> None:
    provider = ScriptedProvider([BUSY, "too late"])
    chat = ChatBuilder().with_model(provider).with_retry(RetryPolicy(max_retries=0)).build()

    with pytest.raises(Overloaded):
        await chat.complete(Messages.from_user("hi"))
    assert len(provider.requests) == 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_what_was_tried_again_is_noted(streamed: bool) -> None:
    chat = (
        ChatBuilder()
        .with_model(ScriptedProvider([BUSY, ConnectionFailed("reset"), "hi"]))
        .with_retry(AT_ONCE)
        .build()
    )
    messages = Messages.from_user("hi")

    if streamed:
        async with chat.stream(messages) as stream:
            events = [event async for event in stream]
        assert isinstance(events[-1], Done)
        response = events[-1].response
    else:
        response = await chat.complete(messages)

    assert response.text == "hi"
    assert response.notices == (
        Notice("retry", "sent again after Overloaded: busy (status 503)"),
        Notice("retry", "sent again after ConnectionFailed: reset"),
    )
    assert len(messages) == 2


async def test_the_server_is_given_the_time_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(anyio, "sleep", sleep)
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    chat = ChatBuilder().with_model(ScriptedProvider([limited(3.0), limited(None), "hi"])).build()

    await chat.complete(Messages.from_user("hi"))

    assert slept == [3.5, 1.0]


# what is never done twice


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_retry_never_runs_a_tool_again(streamed: bool) -> None:
    effects: list[int] = []

    @tool
    def pay(amount: int) -> str:
        effects.append(amount)
        return "paid"

    provider = ScriptedProvider([BUSY, ToolCall("a", "pay", {"amount": 1}), BUSY, BUSY, "done"])
    chat = ChatBuilder().with_model(provider).with_tools([pay]).with_retry(AT_ONCE).build()
    messages = Messages.from_user("go")

    if streamed:
        async with chat.stream(messages) as stream:
            async for _ in stream:
                pass
    else:
        await chat.complete(messages)

    assert effects == [1]
    assert len(provider.requests) == 5
    assert [message.role for message in messages] == ["user", "model", "model"]
    assert messages.find_tool("a").status == Completed("paid")


async def test_a_tools_own_failure_is_not_tried_again_even_if_it_looks_like_one_that_may_pass() -> None:
    effects: list[int] = []

    @tool
    def fetch() -> None:
        effects.append(1)
        raise ConnectionFailed("the tool's own server")

    chat = (
        ChatBuilder()
        .with_model(ScriptedProvider([ToolCall("a", "fetch"), "done"]))
        .with_tools([fetch])
        .build()
    )
    messages = Messages.from_user("go")
    await chat.complete(messages)

    assert effects == [1]
    assert messages.find_tool("a").outcome() == "ConnectionFailed: the tool's own server"


class Breaks:
    """A provider whose every stream breaks after what it says."""

    model = "breaks"

    def __init__(self, *events: TurnEvent) -> None:
        self.events = events
        self.started = self.ended = 0

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        self.started += 1
        try:
            for event in self.events:
                yield event
            raise ConnectionFailed("reset")
        finally:
            self.ended += 1

    async def aclose(self) -> None: ...


@pytest.mark.parametrize(("events", "started"), [((), 3), ((TextChunk("half"),), 1)])
async def test_a_stream_is_begun_again_only_while_nothing_of_it_was_seen(
    events: tuple[TurnEvent, ...], started: int
) -> None:
    provider = Breaks(*events)
    chat: Any = ChatBuilder().with_model(provider).with_retry(AT_ONCE).build()

    async with chat.stream(Messages.from_user("hi")) as stream:
        with pytest.raises(ConnectionFailed):
            _ = [event async for event in stream]

    assert (provider.started, provider.ended) == (started, started)


class Embeds(ScriptedProvider):
    """A provider that embeds at the third attempt."""

    attempts = 0
    embedding_batch = 100

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        self.attempts += 1
        if self.attempts < 3:
            raise BUSY
        return EmbeddingsResponse((), model=",".join(inputs))


async def test_embeddings_are_tried_again_too() -> None:
    chat = ChatBuilder().with_model(Embeds([])).with_retry(AT_ONCE).build()

    assert (await chat.embed(["a", "b"])).model == "a,b"
    assert (await chat.embed("one")).model == "one"


@pytest.mark.parametrize("inputs", [[], "", ["a", ""]])
async def test_nothing_cannot_be_embedded(inputs: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"embed\(inputs\) needs at least one text, and none of them empty"
    ):
        await ChatBuilder().with_model(Embeds([])).build().embed(inputs)
