"""Limits of a run: what goes over them is refused before it is sent or run, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from chat_core import (
    Approved,
    ChatBuilder,
    ChatResponse,
    Completed,
    ConfigurationError,
    LimitExceeded,
    Message,
    Messages,
    ToolCall,
    ToolDefinition,
    Turn,
    Usage,
    tool,
)
from chat_core.middleware import CostTracker, Limits, Price, PriceTable
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio


@tool
def add(a: int) -> int:
    return a + 1


def calls(*ids: str) -> list[ToolCall]:
    return [ToolCall(id, "add", {"a": 1}) for id in ids]


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def run(chat: Any, messages: Messages, streamed: bool) -> Any:
    if not streamed:
        return await chat.complete(messages)
    async with chat.stream(messages) as events:
        return [event async for event in events][-1].response


def chat_with(lines: list[Any], *middleware: Any, provider: Any = None) -> Any:
    scripted = provider or ScriptedProvider(lines)
    return ChatBuilder().with_model(scripted).with_tools([add]).with_middleware(*middleware).build()


async def test_requests_are_limited_and_the_next_run_begins_at_nothing(streamed: bool) -> None:
    chat = chat_with([calls("a"), calls("b"), "done"], Limits(requests=2))
    messages = Messages.from_user("Add")
    with pytest.raises(LimitExceeded, match="limit of requests is 2, and 2 are used") as caught:
        await run(chat, messages, streamed)

    assert len(chat.provider.requests) == 2
    assert (caught.value.limit, caught.value.allowed, caught.value.used) == ("requests", 2, 2)
    assert caught.value.usage.input_tokens == 20
    assert (await run(chat, messages, streamed)).text == "done"


async def test_a_turn_that_is_paid_for_is_delivered_and_the_next_is_not_sent(streamed: bool) -> None:
    chat = chat_with(["Hi", calls("a"), "never"], Limits(tokens=15))
    assert (await run(chat, Messages.from_user("Hello"), streamed)).text == "Hi"
    with pytest.raises(LimitExceeded) as caught:
        await run(chat, messages := Messages.from_user("Add"), streamed)

    assert caught.value.used == 15
    assert messages[1].tool_calls[0].status == Completed(2)
    assert len(chat.provider.requests) == 2


async def test_tokens_that_are_not_known_end_the_run(streamed: bool) -> None:
    turn = ChatResponse(Message("model", list(calls("a")), turn=Turn("tool_calls")))
    with pytest.raises(LimitExceeded, match="sends no numbers"):
        await run(chat_with([turn, "never"], Limits(tokens=1000)), Messages.from_user("Add"), streamed)


async def test_cost_is_limited(streamed: bool) -> None:
    tracker = CostTracker(PriceTable({"scripted": Price(100_000, 1_000_000)}))  # 6 dollars a turn
    chat = chat_with([calls("a"), calls("b"), "never"], Limits(cost="11.50"), tracker)
    with pytest.raises(LimitExceeded) as caught:
        await run(chat, Messages.from_user("Add"), streamed)

    assert (caught.value.allowed, caught.value.used) == (Decimal("11.50"), 12)
    assert len(chat.provider.requests) == 2


async def test_a_cost_that_is_not_known_ends_the_run() -> None:
    with pytest.raises(LimitExceeded, match="cost of a turn is not known"):
        await chat_with([calls("a"), "never"], Limits(cost=1)).complete("Add")


async def test_tool_calls_are_limited_and_what_was_refused_can_still_run(streamed: bool) -> None:
    chat = chat_with([calls("a", "b", "c"), "done"], Limits(tool_calls=2))
    messages = Messages.from_user("Add")
    with pytest.raises(LimitExceeded, match="limit of tool_calls is 2"):
        await run(chat, messages, streamed)

    outcomes = [call.status for call in messages[1].tool_calls]  # calls side by side have no order
    assert outcomes.count(Completed(2)) == 2
    assert outcomes.count(Approved()) == 1
    assert (await run(chat, messages, streamed)).text == "done"
    assert [call.status for call in messages[1].tool_calls] == [Completed(2)] * 3


class Counting(ScriptedProvider):
    counted = 0

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        self.counted += 1
        return 100 * len(messages)


async def test_input_that_is_too_large_is_refused_before_it_is_sent() -> None:
    provider = Counting(["Hi"])
    chat = chat_with([], Limits(tokens=150, count_first=True), provider=provider)
    messages = Messages.from_user("Hello")
    assert (await chat.complete(messages)).text == "Hi"
    messages.add_user("Again")
    with pytest.raises(LimitExceeded, match="the next request has 300 input tokens"):
        await chat.complete(messages)

    assert provider.counted == 2
    assert len(provider.requests) == 1


async def test_where_the_client_does_not_count_nothing_is_counted_first() -> None:
    assert (await chat_with(["Hi"], Limits(tokens=1, count_first=True)).complete("Hello")).text == "Hi"


@pytest.mark.parametrize(
    "wrong", [{"requests": -1}, {"tokens": 1.5}, {"cost": "cheap"}, {"tool_calls": True}]
)
def test_what_is_no_limit_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"Limits\\({next(iter(wrong))}="):
        Limits(**wrong)


async def test_runs_side_by_side_have_limits_of_their_own() -> None:
    import anyio

    limits = Limits(requests=1)
    usage = Usage(1, 1)
    lines: list[Any] = [ChatResponse(Message("model", [], turn=Turn("stop", usage=usage))) for _ in range(5)]
    chat = chat_with(lines, limits)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(chat.complete, "Hello")

    assert len(chat.provider.requests) == 5
