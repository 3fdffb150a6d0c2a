"""In which order members are tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from chat_core import ChatRequest, ConfigurationError, Messages
from chat_core.routing import (
    Member,
    Router,
    in_order,
    least_in_flight,
    lowest_cost,
    lowest_latency,
    round_robin,
    weighted,
)
from timed_provider import Timed

pytestmark = pytest.mark.anyio
HELLO = ChatRequest(Messages.from_user("Hello"))


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def served(router: Any, times: int) -> list[str | None]:
    return [(await router.complete(HELLO)).model for _ in range(times)]


async def test_by_default_in_the_order_given() -> None:
    for strategy in (None, "in_order", in_order()):
        assert await served(Router([Timed("a"), Timed("b")], strategy), 3) == ["a", "a", "a"]


async def test_round_robin_gives_each_its_turn() -> None:
    for strategy in ("round_robin", round_robin()):
        assert await served(Router([Timed("a"), Timed("b"), Timed("c")], strategy), 5) == [*"abcab"]


async def test_weights_are_shares() -> None:
    members = [Member(Timed("a"), weight=3), Member(Timed("b"), weight=1)]
    counted = Counter(await served(Router(members, weighted(Random(1))), 400))
    assert 270 < counted["a"] < 330
    assert counted["a"] + counted["b"] == 400


async def test_whoever_has_least_to_do_in_proportion_to_its_weight() -> None:
    members = [Member(Timed("a", delay=1), weight=2), Member(Timed("b", delay=1))]
    router = Router(members, least_in_flight())
    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(router.complete, HELLO)
            await anyio.lowlevel.checkpoint()
        await anyio.sleep(0.5)
        assert [member.in_flight for member in members] == [4, 2]
    assert [member.in_flight for member in members] == [0, 0]


async def test_the_fastest_of_late_once_all_have_been_measured() -> None:
    slow, fast = Timed("slow", delay=2), Timed("fast", delay=1)
    router = Router([slow, fast], lowest_latency(explore=0), clock=anyio.current_time)
    assert await served(router, 4) == ["slow", "fast", "fast", "fast"]
    fast.delay = 10
    assert await served(router, 3) == ["fast", "slow", "slow"]
    assert {"slow", "fast"} == set(await served(Router([slow, fast], lowest_latency(1, Random(2))), 8))


async def test_the_cheapest_first_and_the_unknown_last() -> None:
    members = [Member(Timed("unknown")), Member(Timed("dear"), cost=9), Member(Timed("cheap"), cost=0.5)]
    assert await served(Router(members, "lowest_cost"), 1) == ["cheap"]
    prices = {"unknown": 0.1, "dear": None, "cheap": 3.0}
    by_request = lowest_cost(lambda member, request: prices[member.model] if request.messages else None)
    assert await served(Router(members, by_request), 1) == ["unknown"]


async def test_a_strategy_is_a_function_sync_or_async() -> None:
    async def last_first(request: ChatRequest, members: Sequence[Member]) -> Sequence[Member]:
        await anyio.lowlevel.checkpoint()
        return members[::-1]

    members = [Member(Timed("a")), Member(Timed("b"))]
    assert await served(Router(members, last_first), 1) == ["b"]
    by_words: Any = lambda request, members: [  # noqa: E731
        member for member in members if member.name in request.messages[-1].text
    ]
    router = Router([Member(Timed("a"), name="Hello"), Timed("b")], by_words)
    assert await served(router, 1) == ["a"]
    with pytest.raises(ConfigurationError, match="returned no member"):
        await router.complete(ChatRequest(Messages.from_user("x")))
    with pytest.raises(ConfigurationError, match="at most once"):
        await Router(members, lambda _, members: [*members, *members]).complete(HELLO)
