"""Hedging: the first to answer wins, the others are cancelled, and only the winner's turn exists."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatError,
    ChatRequest,
    InvalidRequest,
    Messages,
    Overloaded,
    RetryPolicy,
    StreamTruncated,
    ToolCall,
    tool,
)
from chat_core.routing import Breaker, Fallback, Router, lowest_latency
from hypothesis import given, settings
from hypothesis import strategies as st
from timed_provider import Timed

HELLO = ChatRequest(Messages.from_user("Hello"))


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def turn(provider: Any, way: str) -> Any:
    if way == "complete":
        return await provider.complete(HELLO)
    async with aclosing(provider.stream(HELLO)) as events:
        return [event async for event in events][-1].response


BOTH = pytest.mark.parametrize("way", ["complete", "stream"])


@pytest.mark.anyio
@BOTH
async def test_where_the_first_is_slow_the_second_wins_and_the_first_is_cancelled(way: str) -> None:
    slow, fast = Timed("slow", delay=60), Timed("fast", delay=1)
    router = Fallback([slow, fast], hedge_after=2, clock=anyio.current_time)
    began = anyio.current_time()
    response = await turn(router, way)
    assert (response.model, anyio.current_time() - began) == ("fast", 3)
    assert (slow.began, slow.ended, fast.began, fast.ended) == ([began], ["left"], [began + 2], ["done"])
    assert [notice.message for notice in response.notices] == [
        "slow lost against another request: cancelled, and what it cost is not known"
    ]
    assert [member.in_flight for member in router.members] == [0, 0]


@pytest.mark.anyio
@BOTH
async def test_where_the_first_is_in_time_no_other_is_tried(way: str) -> None:
    first, second = Timed("first", delay=1), Timed("second")
    response = await turn(Fallback([first, second], hedge_after=2), way)
    assert (response.model, second.began, response.notices) == ("first", [], ())


@pytest.mark.anyio
@BOTH
async def test_the_first_may_still_win(way: str) -> None:
    first, second = Timed("first", delay=3), Timed("second", delay=9)
    response = await turn(Fallback([first, second], hedge_after=2), way)
    assert (response.model, second.ended) == ("first", ["left"])
    assert "second lost" in response.notices[0].message


@pytest.mark.anyio
async def test_the_cost_of_a_loser_that_has_answered_too_is_counted() -> None:
    first, second = Timed("first", delay=3), Timed("second", delay=1)
    response = await Fallback([first, second], hedge_after=2).complete(HELLO)
    assert {"done", "left"} >= {*first.ended, *second.ended}
    both = first.ended == second.ended == ["done"]
    assert response.usage.input_tokens == (20 if both else 10)
    assert ("its cost is counted" in response.notices[0].message) == both


@pytest.mark.anyio
@BOTH
async def test_where_one_fails_the_next_is_tried_at_once(way: str) -> None:
    first = Timed("first", delay=1, fails=Overloaded("busy", retryable=True))
    second = Timed("second", delay=1)
    began = anyio.current_time()
    response = await turn(Fallback([first, second], hedge_after=30), way)
    assert (response.model, anyio.current_time() - began) == ("second", 2)
    assert "first failed: Overloaded" in response.notices[0].message


@pytest.mark.anyio
@BOTH
async def test_a_request_at_fault_ends_the_race(way: str) -> None:
    first, second = Timed("first", delay=60), Timed("second", delay=1, fails=InvalidRequest("bad"))
    third = Timed("third")
    with pytest.raises(InvalidRequest):
        await turn(Fallback([first, second, third], hedge_after=2), way)
    assert (first.ended, third.began) == (["left"], [])


@pytest.mark.anyio
@BOTH
async def test_where_all_fail_the_last_error_is_raised(way: str) -> None:
    first = Timed("first", delay=5, fails=Overloaded("busy", retryable=True))
    second = Timed("second", delay=1, fails=AuthenticationError("key"))
    with pytest.raises(Overloaded) as caught:
        await turn(Fallback([first, second], hedge_after=2), way)
    assert caught.value.__notes__ == ["another provider failed before: AuthenticationError: key"]


@pytest.mark.anyio
@BOTH
async def test_whoever_cancels_cancels_all_of_them(way: str) -> None:
    first, second = Timed("first", delay=60), Timed("second", delay=60)
    router = Fallback([first, second], hedge_after=2)
    with anyio.move_on_after(5) as scope:
        await turn(router, way)
    assert scope.cancelled_caught
    assert (first.ended, second.ended) == (["left"], ["left"])
    assert [member.in_flight for member in router.members] == [0, 0]


@pytest.mark.anyio
async def test_a_bug_in_a_provider_is_raised_as_it_is() -> None:
    class Broken(Timed):
        async def complete(self, request: ChatRequest, /) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Fallback([Broken("a"), Timed("b")], hedge_after=1).complete(HELLO)


@pytest.mark.anyio
async def test_a_loser_counts_as_slow() -> None:
    slow, fast = Timed("slow", delay=60), Timed("fast", delay=1)
    router = Router([slow, fast], lowest_latency(explore=0), hedge_after=2, clock=anyio.current_time)
    assert [(await router.complete(HELLO)).model for _ in range(3)] == ["fast"] * 3
    assert len(slow.began) == 1


@pytest.mark.anyio
@BOTH
async def test_a_tool_runs_only_for_the_winner(way: str) -> None:
    ran: list[str] = []

    @tool
    def note(who: str) -> str:
        """Note who called."""
        ran.append(who)
        return "noted"

    def call(who: str) -> ToolCall:
        return ToolCall(id=f"c-{who}", name="note", arguments={"who": who})

    slow, fast = Timed("slow", 3.0, calls=[call("slow")]), Timed("fast", 0.5, calls=[call("fast")])
    router = Router([slow, fast], hedge_after=2)
    chat = ChatBuilder().with_model(router).with_tools([note]).build()
    messages = Messages.from_user("Hello")
    if way == "complete":
        await chat.complete(messages)
    else:
        async with chat.stream(messages) as events:
            [event async for event in events]
    assert len(ran) == 1
    models = [message.turn.model for message in messages if message.turn]
    assert models == [ran[0]] * 2  # the turn after the tool stays where its call came from
    assert len({call.id for message in messages for call in message.tool_calls}) == 1


@dataclass(frozen=True)
class Plan:
    """What one member will do."""

    delay: float
    gap: float
    fails: type[ChatError] | None
    cut_after: int | None


PLANS = st.builds(
    Plan,
    delay=st.integers(0, 6).map(float),
    gap=st.sampled_from([0.0, 1.0]),
    fails=st.sampled_from([None, None, None, Overloaded, AuthenticationError, InvalidRequest]),
    cut_after=st.sampled_from([None, None, 0, 1, 2]),
)


@given(
    plans=st.lists(PLANS, min_size=1, max_size=4),
    after=st.integers(0, 4).map(float),
    way=st.sampled_from(["complete", "stream"]),
    leave=st.sampled_from([None, None, None, 1.0, 2.0, 3.5, 7.0]),
    turns=st.integers(1, 3),
)
@settings(max_examples=150, deadline=None)
def test_any_race_has_one_winner_and_leaves_nothing_behind(
    plans: list[Plan], after: float, way: str, leave: float | None, turns: int
) -> None:
    async def main() -> None:
        await _race(plans, after, way, leave, turns)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


async def _race(plans: list[Plan], after: float, way: str, leave: float | None, turns: int) -> None:
    members = [
        Timed(f"m{at}", plan.delay, plan.fails and plan.fails("no"), plan.cut_after, gap=plan.gap)
        for at, plan in enumerate(plans)
    ]
    router = Fallback(members, hedge_after=after, breaker=Breaker(2, 5), clock=trio.current_time)
    for _ in range(turns):
        for member in members:
            member.began.clear()
        seen: list[Any] = []
        first: list[float] = []
        error = None
        with trio.move_on_after(float("inf") if leave is None else leave) as scope:
            try:
                await _collect(router, way, seen, first)
            except ChatError as raised:
                error = raised
        _check(members, router, seen, first, way, error, left=scope.cancelled_caught)


async def _collect(router: Any, way: str, seen: list[Any], first: list[float]) -> None:
    if way == "complete":
        seen.append(await router.complete(HELLO))
        return
    async with aclosing(router.stream(HELLO)) as events:
        async for event in events:
            first.append(trio.current_time())
            seen.append(event)


def _check(
    members: list[Timed],
    router: Any,
    seen: list[Any],
    first: list[float],
    way: str,
    error: ChatError | None,
    left: bool,
) -> None:
    assert all(len(member.began) <= 1 for member in members)  # nobody is sent it twice
    assert [member.open for member in members] == [0] * len(members)
    assert [member.in_flight for member in router.members] == [0] * len(members)
    assert all(post.circuit.probe is None for post in router._posts.values())
    if first:  # nobody is sent it once the first event is there
        assert all(began <= first[0] for member in members for began in member.began)
    if way == "stream":
        texts = [event.text for event in seen if hasattr(event, "text")]
        assert len({text.split()[0] for text in texts}) <= 1  # one provider's, in order, without a gap
        assert [text.split()[1] for text in texts] == ["0.", "1.", "2."][: len(texts)]
    finished = bool(seen) and (way == "complete" or hasattr(seen[-1], "response"))
    assert finished + (error is not None) + left == 1
    if finished:
        response = seen[-1] if way == "complete" else seen[-1].response
        winner = response.model
        assert response.text == "".join(f"{winner} {number}. " for number in range(3))
        assert response.message.turn.origin.model == winner
    if error is not None and not seen and not isinstance(error, InvalidRequest):
        tried = {member.model for member in members if member.began}
        assert tried  # somebody was, and who was not is left alone by its circuit
    if error is not None and seen:
        assert isinstance(error, StreamTruncated)


@pytest.mark.anyio
async def test_the_engine_repeats_a_race_and_never_mixes_two_turns() -> None:
    first = Timed("first", delay=3, cut_after=1)
    second = Timed("second", delay=9)
    chat = (
        ChatBuilder()
        .with_model(Fallback([first, second], hedge_after=2))
        .with_retry(RetryPolicy(max_retries=2))
        .build()
    )
    messages = Messages.from_user("Hello")
    with pytest.raises(StreamTruncated):
        async with chat.stream(messages) as events:
            [event async for event in events]
    assert (messages[-1].text, messages[-1].interrupted) == ("first 0. ", True)
    assert second.ended == ["left"]
