"""The circuit breaker, also against a model of it."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from chat_core import (
    ChatRequest,
    ConfigurationError,
    InvalidRequest,
    Messages,
    Overloaded,
    QuotaExceeded,
    RateLimited,
)
from chat_core.routing import Breaker, Fallback, Router
from chat_core.routing.breaker import Attempt, Circuit
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from timed_provider import Timed

HELLO = ChatRequest(Messages.from_user("Hello"))
BUSY = Overloaded("busy", retryable=True)


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def failing(name: str = "bad") -> Timed:
    return Timed(name, fails=Overloaded("busy", retryable=True))


@pytest.mark.anyio
async def test_it_opens_after_failures_in_a_row_and_one_request_tries_it_later() -> None:
    bad, good = failing(), Timed("good")
    router = Fallback([bad, good], breaker=Breaker(failures=3, recover_after=30), clock=anyio.current_time)
    for _ in range(10):
        response = await router.complete(HELLO)
        assert response.model == "good"
    assert len(bad.began) == 3
    assert response.notices[0].message == "bad was not tried: it has failed of late"

    await anyio.sleep(30)
    await router.complete(HELLO)
    await router.complete(HELLO)
    assert len(bad.began) == 4  # the probe failed, and it is open again
    await anyio.sleep(30)
    bad.fails = None
    assert [(await router.complete(HELLO)).model for _ in range(3)] == ["bad"] * 3


@pytest.mark.anyio
async def test_only_one_probe_at_a_time() -> None:
    bad, good = failing(), Timed("good")
    router = Fallback([bad, good], breaker=Breaker(1, 30), clock=anyio.current_time)
    await router.complete(HELLO)
    await anyio.sleep(31)
    bad.fails, bad.delay = None, 5
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(router.complete, HELLO)
    assert (len(bad.began), len(good.began)) == (2, 10)


@pytest.mark.anyio
async def test_a_probe_that_is_cancelled_leaves_room_for_the_next() -> None:
    bad = failing()
    router = Fallback([bad, Timed("good")], breaker=Breaker(1, 30), clock=anyio.current_time)
    await router.complete(HELLO)
    await anyio.sleep(31)
    bad.fails, bad.delay = None, 5
    with anyio.move_on_after(1):
        await router.complete(HELLO)
    assert (await router.complete(HELLO)).model == "bad"
    assert router.members[0].in_flight == 0


@pytest.mark.anyio
async def test_where_all_are_open_the_one_that_has_been_so_longest_is_tried() -> None:
    first, second = failing("first"), failing("second")
    router = Router([first, second], breaker=Breaker(1, 30), clock=anyio.current_time)
    with pytest.raises(Overloaded):
        await router.complete(HELLO)
    first.fails = None
    assert (await router.complete(HELLO)).model == "first"


@pytest.mark.anyio
async def test_whoever_comes_while_it_is_tried_hears_when_to_come_back() -> None:
    bad = failing()
    router = Router([bad], breaker=Breaker(1, 30), clock=anyio.current_time)
    with pytest.raises(Overloaded):
        await router.complete(HELLO)
    bad.fails, bad.delay = None, 5
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(router.complete, HELLO)
        await anyio.sleep(1)
        with pytest.raises(Overloaded, match="one is being tried") as caught:
            await router.complete(HELLO)
    assert (caught.value.retryable, caught.value.retry_after, len(bad.began)) == (True, 29.0, 2)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (RateLimited("slow", retryable=True, retry_after=12), 12),
        (QuotaExceeded("pay"), 30),
        (QuotaExceeded("pay", retry_after=3600), 3600),
    ],
)
async def test_a_rate_limit_opens_it_at_once_for_as_long_as_the_server_asks(
    error: RateLimited, seconds: float
) -> None:
    bad, good = Timed("bad", fails=error), Timed("good")
    router = Fallback([bad, good], clock=anyio.current_time)
    await router.complete(HELLO)
    await anyio.sleep(seconds - 1)
    await router.complete(HELLO)
    assert len(bad.began) == 1
    await anyio.sleep(2)
    await router.complete(HELLO)
    assert len(bad.began) == 2


@pytest.mark.anyio
async def test_requests_at_fault_and_other_members_do_not_open_it() -> None:
    picky, good = Timed("picky", fails=InvalidRequest("bad")), Timed("good")
    router = Fallback([picky, good], fallback_on=InvalidRequest, clock=anyio.current_time)
    for _ in range(10):
        await router.complete(HELLO)
    assert len(picky.began) == 10
    never = Fallback([failing(), good], breaker=None)
    for _ in range(10):
        await never.complete(HELLO)
    assert len(never.members[0].client.began) == 10  # type: ignore[attr-defined]  # a Timed


@pytest.mark.anyio
async def test_a_stream_that_is_cut_counts_as_a_failure() -> None:
    cut, good = Timed("cut", cut_after=2), Timed("good")
    router = Fallback([cut, good], breaker=Breaker(2), clock=anyio.current_time)
    for _ in range(2):
        with pytest.raises(Exception, match="cut"):
            [event async for event in router.stream(HELLO)]
    events = [event async for event in router.stream(HELLO)]
    assert events[-1].response.model == "good"


@pytest.mark.parametrize("values", [{"failures": 0}, {"recover_after": -1}, {"failures": "3"}])
def test_values_out_of_range_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="Breaker"):
        Breaker(**values)


class CircuitAgainstItsModel(RuleBasedStateMachine):
    """Any interleaving of requests, their ends and time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.circuit = Circuit(Breaker(failures=3, recover_after=10))
        self.running: list[Attempt] = []
        self.probes: list[Attempt] = []
        self.in_a_row = 0
        self.until: float | None = None

    @rule(seconds=st.sampled_from([1.0, 5.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(forced=st.booleans())
    def begin(self, forced: bool) -> None:
        state = self.circuit.state(self.now)
        attempt = self.circuit.admit(self.now, forced=forced)
        allowed = state == "closed" or (not self.probes and (state == "half_open" or forced))
        assert (attempt is not None) is allowed
        if attempt is not None:
            self.running.append(attempt)
            if state != "closed":
                self.probes.append(attempt)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), how=st.sampled_from(["succeeded", "failed", "limited", "abandoned"]))
    def end(self, data: st.DataObject, how: str) -> None:
        attempt = data.draw(st.sampled_from(self.running))
        self.running.remove(attempt)
        is_probe = attempt in self.probes
        counts = is_probe or (self.until is None and attempt.generation == self.circuit.generation)
        if how == "succeeded":
            attempt.succeeded()
            if counts:
                self.in_a_row, self.until = 0, None
        elif how == "abandoned":
            attempt.abandoned()
        else:
            limited = how == "limited"
            error = RateLimited("slow", retry_after=4) if limited else BUSY
            attempt.failed(self.now, error)
            if counts:
                self.in_a_row += 1
                if limited or is_probe or self.in_a_row >= 3:
                    self.until = self.now + (4 if limited else 10)
        if is_probe:
            self.probes.remove(attempt)

    @invariant()
    def it_is_as_the_model(self) -> None:
        assert self.circuit.open_until == self.until
        assert len(self.probes) <= 1
        assert (self.circuit.probe is not None) == bool(self.probes)


TestCircuit = CircuitAgainstItsModel.TestCase
TestCircuit.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
