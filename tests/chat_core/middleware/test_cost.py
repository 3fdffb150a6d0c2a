"""What turns cost: on the response, in the stored conversation, and added up by key."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import anyio
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    InvalidRequest,
    Message,
    Messages,
    Origin,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCall,
    Turn,
    TurnEvent,
    Usage,
    tool,
)
from chat_core.middleware import (
    Cache,
    CostTracker,
    GenaiPrices,
    MemoryStore,
    Price,
    PriceTable,
    Spending,
    conversation_cost,
)
from chat_core.routing import Fallback
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_openai import OpenAIBuilder

pytestmark = pytest.mark.anyio

PRICES = PriceTable({"scripted": Price(100_000, 1_000_000)})  # a turn of 10 and 5 tokens costs 6 dollars


@tool
def add(a: int) -> int:
    return a + 1


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def done_of(chat: Any, messages: Any, streamed: bool, **kwargs: Any) -> Any:
    if not streamed:
        return await chat.complete(messages, **kwargs)
    async with chat.stream(messages, **kwargs) as events:
        return [event async for event in events][-1].response


async def test_each_turn_has_its_cost_and_the_conversation_and_the_key_their_sums(streamed: bool) -> None:
    def user(request: ChatRequest) -> str:
        assert request.run is not None
        return str(request.run.deps)

    tracker = CostTracker(PRICES, key=user)
    provider = ScriptedProvider([[ToolCall("t1", "add", {"a": 1})], "2", "Hi"])
    chat = ChatBuilder().with_model(provider).with_tools([add]).with_middleware(tracker).build()
    messages = Messages.from_user("Add")
    response = await done_of(chat, messages, streamed, deps="ana")
    await done_of(chat, "Hello", streamed, deps="ben")

    assert response.cost == 6
    assert conversation_cost(messages).cost == 12
    assert tracker.by_key["ana"] == Spending(2, Usage(20, 10, total_tokens=30), Decimal(12))
    assert tracker.by_key["ben"].cost == 6
    assert tracker.total.cost == 18
    tracker.reset("ana")
    assert tracker.total.turns == 1


async def test_the_cost_is_stored_with_the_conversation() -> None:
    tracker = CostTracker(PriceTable({"scripted": Price("0.1", "0.7")}))
    chat = ChatBuilder().with_model(ScriptedProvider(["Hi"])).with_middleware(tracker).build()
    await chat.complete(messages := Messages.from_user("Hello"))
    restored = Messages.from_json(messages.to_json())

    assert restored == messages
    assert conversation_cost(restored).cost == Decimal("0.0000045")


async def test_an_unknown_price_is_none_and_never_zero(streamed: bool) -> None:
    tracker = CostTracker(PRICES)
    known, unknown = ScriptedProvider(["a"]), ScriptedProvider(["b"], model="nobody's")
    await done_of(ChatBuilder().with_model(known).with_middleware(tracker).build(), "Hello", streamed)
    response = await done_of(
        ChatBuilder().with_model(unknown).with_middleware(tracker).build(), "Hello", streamed
    )

    assert response.cost is None
    assert tracker.total.cost is None
    assert (tracker.total.known_cost, tracker.total.unpriced, tracker.total.turns) == (6, 1, 2)
    assert tracker.total.usage.input_tokens == 20


async def test_a_turn_without_a_tracker_has_no_cost() -> None:
    chat = ChatBuilder().with_model(ScriptedProvider(["Hi"])).build()
    response = await chat.complete(messages := Messages.from_user("Hello"))

    assert response.cost is None
    assert conversation_cost(messages).cost is None
    assert conversation_cost(Messages.from_user("Hello")).cost == 0


async def test_a_failure_is_counted_as_far_as_its_usage_is_known() -> None:
    turn = Turn("stop", usage=Usage(10, 5), model="scripted")
    cut = StreamTruncated("cut", partial=ChatResponse(Message("model", [Text("Hi")], turn=turn)))
    cut.retryable = False
    tracker = CostTracker(PRICES)
    provider = ScriptedProvider([cut, InvalidRequest("no")])
    chat = ChatBuilder().with_model(provider).with_middleware(tracker).build()
    for error in (StreamTruncated, InvalidRequest):
        with pytest.raises(error):
            await chat.complete("Hello")

    assert tracker.total == Spending(1, Usage(10, 5), Decimal(6))  # a refused request costs nothing


class Endless:
    model = "endless"

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        while True:
            yield TextChunk("more ")
            await anyio.lowlevel.checkpoint()

    async def aclose(self) -> None: ...


@pytest.mark.parametrize("how", ["left", "cancelled"])
async def test_a_stream_that_is_left_or_cancelled_counts_as_unpriced(how: str) -> None:
    tracker = CostTracker(PRICES)
    chat = ChatBuilder().with_model(Endless()).with_middleware(tracker).build()
    with anyio.CancelScope() as scope:
        async with chat.stream("Hello") as events:
            async for _ in events:
                if how == "left":
                    break
                scope.cancel()

    assert tracker.total == Spending(turns=1, unpriced=1)


async def test_the_price_is_that_of_the_provider_that_a_router_chose() -> None:
    seen: list[Origin | None] = []

    def prices(response: ChatResponse, origin: Origin | None) -> Decimal | None:
        seen.append(origin)
        return None

    body = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}
    builder = ChatCompletionsBuilder().with_model("m")
    busy = builder.with_base_url("http://one/v1").with_transport(FakeTransport().answer({}, status=503))
    other = builder.with_base_url("http://two/v1").with_transport(FakeTransport().answer(body))
    chat = ChatBuilder().with_model(Fallback([busy.build(), other.build()]))
    await chat.with_middleware(CostTracker(prices)).build().complete("Hello")

    assert [origin.endpoint for origin in seen if origin] == ["http://two/v1"]


async def test_a_replayed_turn_costs_nothing() -> None:
    tracker = CostTracker(PRICES)
    client = Cache(MemoryStore()).around(ScriptedProvider(["Hi"]))
    chat = ChatBuilder().with_model(client).with_middleware(tracker).build()
    costs = [(await chat.complete("Hello")).cost for _ in range(2)]
    other = CostTracker(PriceTable({}))
    free = await ChatBuilder().with_model(client).with_middleware(other).build().complete("Hello")

    assert costs == [6, 0]
    assert free.cost == 0  # also where the model has no price


async def test_the_kept_list_prices_what_a_server_sent() -> None:
    body = {
        "id": "r",
        "model": "gpt-4o-2024-08-06",
        "status": "completed",
        "output": [
            {
                "type": "message",
                "id": "i",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
            }
        ],
        "usage": {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100},
    }
    transport = FakeTransport().answer(body)
    client = OpenAIBuilder().with_model("gpt-4o").with_api_key("k").with_transport(transport).build()
    chat = ChatBuilder().with_model(client).with_middleware(CostTracker(GenaiPrices())).build()
    response = await chat.complete("Hello")

    assert response.cost == GenaiPrices()(replace(response), client.origin)
    assert response.cost is not None
    assert response.cost > 0
