"""A rate is kept: by a thousand at once, in the order in which they came, and as the server says."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from itertools import pairwise
from typing import Any

import anyio
import pytest
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    Done,
    EmbeddingsProvider,
    EmbeddingsResponse,
    Message,
    Messages,
    RateLimited,
    RerankResponse,
    RetryPolicy,
    Text,
    TextChunk,
    ToolCall,
    Turn,
    TurnEvent,
    Usage,
    tool,
)
from chat_core.middleware import RateLimiter
from chat_core.testing import FakeTransport
from chat_core.transport.observed import ObservedTransport
from chat_openai import OpenAIBuilder

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(virtual_backend: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    return virtual_backend


class Model:
    """Answers after `seconds`, with `tokens` used; it notes when each request came, and how many at once."""

    model = "m"

    def __init__(self, *, seconds: float = 0.5, tokens: int = 15, errors: Sequence[Exception] = ()) -> None:
        self.sent: list[float] = []
        self.names: list[str] = []
        self.running = self.most = 0
        self._seconds = seconds
        self._tokens = tokens
        self._errors = list(errors)

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        self.sent.append(anyio.current_time())
        self.names.append(request.messages[-1].text)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await anyio.sleep(self._seconds)
        finally:
            self.running -= 1
        if self._errors:
            raise self._errors.pop(0)
        usage = Usage(self._tokens - 5, 5, total_tokens=self._tokens)
        return ChatResponse(Message("model", [Text("Hi")], turn=Turn("stop", usage=usage)))

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        response = await self.complete(request)
        self.running += 1
        try:
            yield TextChunk("Hi")
            await anyio.sleep(self._seconds)
        finally:
            self.running -= 1
        yield Done(response)

    async def aclose(self) -> None: ...


def most_in_a_minute(sent: Sequence[float], weight: int = 1) -> int:
    most, first = 0, 0
    for last, at in enumerate(sent):
        while sent[first] <= at - 60:
            first += 1
        most = max(most, (last - first + 1) * weight)
    return most


async def all_at_once(client: Any, count: int) -> None:
    chat = ChatBuilder().with_model(client).build()
    async with anyio.create_task_group() as tasks:
        for at in range(count):
            tasks.start_soon(chat.complete, str(at))


@pytest.mark.parametrize("rate", [60, 600, 5000])
async def test_a_thousand_at_once_keep_the_rate_within_one_percent(rate: int) -> None:
    model = Model()
    await all_at_once(RateLimiter(requests_per_minute=rate).around(model), 1000)

    assert len(model.sent) == 1000
    assert most_in_a_minute(model.sent) <= rate * 1.01 or most_in_a_minute(model.sent) <= rate + 1
    took = model.sent[-1] - model.sent[0]
    assert took == pytest.approx(1000 / rate * 60, rel=0.03 if rate == 5000 else 0.01)


async def test_a_thousand_at_once_keep_the_tokens_within_one_percent() -> None:
    model = Model(tokens=1000)
    limiter = RateLimiter(tokens_per_minute=300_000, estimate=lambda request: 1000)
    await all_at_once(limiter.around(model), 1000)

    assert most_in_a_minute(model.sent, 1000) <= 303_000
    assert model.sent[-1] - model.sent[0] == pytest.approx(200, rel=0.01)


async def test_what_was_estimated_wrongly_is_corrected() -> None:
    model = Model(tokens=600, seconds=0.0)
    limiter = RateLimiter(tokens_per_minute=600, estimate=lambda request: 60)
    chat = ChatBuilder().with_model(limiter.around(model)).build()
    for _ in range(4):
        await chat.complete("Hello")

    assert [later - earlier for earlier, later in pairwise(model.sent)] == pytest.approx([60] * 3, rel=0.01)


async def test_without_an_estimate_text_and_earlier_answers_tell() -> None:
    limiter = RateLimiter(tokens_per_minute=1000)
    chat = ChatBuilder().with_model(limiter.around(Model(tokens=105))).build()
    request = ChatRequest(Messages.from_user("x" * 400))
    assert limiter.tokens_of(request) == 100
    await chat.complete("Hello")

    assert limiter.tokens_of(request) == 105
    assert RateLimiter(requests_per_minute=1).tokens_of(request) == 0


async def test_no_more_are_under_way_than_allowed_and_a_stream_is_until_it_ends() -> None:
    model = Model(seconds=1.0)
    client = RateLimiter(max_concurrent=3).around(model)
    chat = ChatBuilder().with_model(client).build()

    async def read() -> None:
        async with chat.stream("Hello") as events:
            async for _ in events:
                pass

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(chat.complete, "Hello")
            tasks.start_soon(read)

    assert model.most == 3
    assert len(model.sent) == 20


async def test_who_comes_first_goes_first() -> None:
    model = Model(seconds=0.1)
    chat = (
        ChatBuilder().with_model(RateLimiter(requests_per_minute=60, max_concurrent=1).around(model)).build()
    )

    async def ask(name: str, after: float) -> None:
        await anyio.sleep(after)
        await chat.complete(name)

    async with anyio.create_task_group() as tasks:
        for at in range(20):
            tasks.start_soon(ask, str(at), at * 0.01)

    assert model.names == [str(at) for at in range(20)]


async def test_one_limiter_is_shared_by_many_clients() -> None:
    limiter = RateLimiter(requests_per_minute=60)
    one, two = Model(seconds=0.0), Model(seconds=0.0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(all_at_once, limiter.around(one), 5)
        tasks.start_soon(all_at_once, limiter.around(two), 5)

    sent = sorted(one.sent + two.sent)
    assert [later - earlier for earlier, later in pairwise(sent)] == pytest.approx([1.0] * 9)


async def test_who_is_cancelled_while_waiting_leaves_the_line() -> None:
    model = Model(seconds=0.0)
    limiter = RateLimiter(requests_per_minute=60, max_concurrent=1)
    chat = ChatBuilder().with_model(limiter.around(model)).build()
    async with anyio.create_task_group() as tasks:
        for at in range(6):

            async def ask(name: str = str(at), seconds: float = 0.5 if at % 2 else 100.0) -> None:
                with anyio.move_on_after(seconds):
                    await chat.complete(name)

            tasks.start_soon(ask)

    assert len(model.sent) >= 3
    assert {"0", "2", "4"} <= set(model.names)
    await chat.complete("after")
    assert model.names[-1] == "after"


async def test_leaving_a_stream_frees_its_place() -> None:
    model = Model(seconds=0.1)
    chat = ChatBuilder().with_model(RateLimiter(max_concurrent=1).around(model)).build()
    for _ in range(3):
        async with chat.stream("Hello") as events:
            async for _ in events:
                break

    assert model.running == 0
    assert (await chat.complete("Hello")).text == "Hi"


async def test_every_attempt_counts_and_a_429_holds_all_of_them_back() -> None:
    busy = RateLimited("slow down", status=429, retry_after=30.0, retryable=True)
    model = Model(seconds=0.0, errors=[busy])
    chat = ChatBuilder().with_model(RateLimiter(requests_per_minute=6000).around(model))
    built = chat.with_retry(RetryPolicy(base_delay=0.0)).build()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(built.complete, "a")
        await anyio.sleep(1)
        tasks.start_soon(built.complete, "b")

    first, *others = model.sent
    assert len(others) == 2
    assert all(at - first >= 30 for at in others)


async def test_a_failed_request_takes_no_tokens_and_frees_its_place() -> None:
    model = Model(seconds=0.0, errors=[RateLimited("no", status=429)])
    limiter = RateLimiter(tokens_per_minute=600, max_concurrent=1, estimate=lambda request: 600)
    chat = ChatBuilder().with_model(limiter.around(model)).build()
    began = anyio.current_time()
    with pytest.raises(RateLimited):
        await chat.complete("a")
    await chat.complete("b")

    assert anyio.current_time() - began < 1


async def test_headers_that_say_that_nothing_is_left_hold_all_back() -> None:
    answer = {
        "id": "r",
        "model": "m",
        "status": "completed",
        "output": [{"type": "message", "id": "i", "role": "assistant", "content": []}],
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30s"}
    transport = FakeTransport().answer(answer, headers=headers).answer(answer)
    limiter = RateLimiter(requests_per_minute=6000)
    client = (
        OpenAIBuilder()
        .with_model("m")
        .with_api_key("k")
        .with_transport(ObservedTransport(transport, limiter.observe))
        .build()
    )
    chat = ChatBuilder().with_model(limiter.around(client)).build()
    await chat.complete("a")
    began = anyio.current_time()
    await chat.complete("b")

    assert anyio.current_time() - began == pytest.approx(90, abs=0.1)


async def test_what_the_server_has_left_is_no_more_than_that() -> None:
    model = Model(seconds=0.0)
    limiter = RateLimiter(requests_per_minute=60_000)
    limiter.observe(200, {"x-ratelimit-remaining-requests": "2"})
    chat = ChatBuilder().with_model(limiter.around(model)).build()
    for _ in range(3):
        await chat.complete("a")

    assert model.sent[1] == model.sent[0]
    assert model.sent[2] > model.sent[1]


async def test_a_wait_that_is_too_long_is_refused() -> None:
    limiter = RateLimiter(max_wait=60)
    limiter.observe(429, {"retry-after": "3600"})
    chat = ChatBuilder().with_model(limiter.around(Model())).build()
    with pytest.raises(RateLimited, match="in 3600 s") as caught:
        await chat.complete("a")

    assert caught.value.retry_after == pytest.approx(3600)
    assert not caught.value.retryable


async def test_turns_with_tools_take_their_place_for_each_turn() -> None:
    class Calls(Model):
        async def complete(self, request: ChatRequest, /) -> ChatResponse:
            response = await super().complete(request)
            if len(request.messages) == 1:
                response.message.parts = [ToolCall("t1", "add", {"a": 1})]
            return response

    @tool
    def add(a: int) -> int:
        return a + 1

    model = Calls(seconds=0.0)
    client = RateLimiter(requests_per_minute=60, max_concurrent=1).around(model)
    await ChatBuilder().with_model(client).with_tools([add]).build().complete("Add")

    assert model.sent[1] - model.sent[0] == pytest.approx(1.0)


async def test_rerank_counts_too() -> None:
    class Ranks:
        model = "r"

        async def rerank(
            self, query: str, documents: Sequence[str], /, *, top_n: int | None = None
        ) -> RerankResponse:
            return RerankResponse(())

        async def aclose(self) -> None: ...

    chat = ChatBuilder().with_model(RateLimiter(requests_per_minute=60).around(Ranks())).build()
    began = anyio.current_time()
    for _ in range(3):
        await chat.rerank("query", ["a", "b"])

    assert anyio.current_time() - began == pytest.approx(2.0)


async def test_embeddings_count_too() -> None:
    class Embeds:
        model = "e"
        embedding_batch = 1
        sent: list[float] = []  # noqa: RUF012

        async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
            self.sent.append(anyio.current_time())
            return EmbeddingsResponse(())

        async def aclose(self) -> None: ...

    client = RateLimiter(requests_per_minute=60).around(Embeds())
    assert isinstance(client, EmbeddingsProvider)
    await ChatBuilder().with_model(client).build().embed(["a", "b", "c"])

    assert [later - earlier for earlier, later in pairwise(Embeds.sent)] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    "wrong", [{"requests_per_minute": 0}, {"tokens_per_minute": -1}, {"max_concurrent": 0}]
)
def test_what_is_no_rate_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        RateLimiter(**wrong)


def test_a_limiter_serves_one_event_loop_after_the_other() -> None:
    model = Model(seconds=0.0)
    client = RateLimiter(requests_per_minute=1e6, max_concurrent=1).around(model)
    for backend in ("asyncio", "trio", "asyncio"):
        anyio.run(all_at_once, client, 3, backend=backend)

    assert len(model.sent) == 9
