"""What is measured inside a contender's process, and how."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.answers import ANSWER, HISTORY, INPUTS, PIECES, SHORT_ANSWER, SHORT_PIECES, VECTORS
from benchmarks.contenders import Contender

CONCURRENCY = 200
BUILDS = 10

SECONDS = 0.5
"""How long a scenario's call is repeated in one round. It is made once at least."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A call, what it must hand back, and how it is counted.

    The server knows the answer by the scenario's name.
    """

    name: str
    title: str
    unit: str
    call: Callable[[Contender], Awaitable[Any]]
    right: Callable[[Any], bool]
    units: int = 1
    """How many there are of `unit` in one call."""
    warm_up: Callable[[Contender], Awaitable[Any]] | None = None
    """What runs once before, where it is not the call itself."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds for one unit: of CPU, user and system, all threads of the process; and of wall clock."""

    cpu: float
    wall: float


def is_answer(text: str) -> bool:
    return text == ANSWER


def is_every_short_answer(texts: list[str]) -> bool:
    return texts == [SHORT_ANSWER] * CONCURRENCY


def is_every_vector(vectors: list[Any]) -> bool:
    return [list(vector) for vector in vectors] == [list(vector) for vector in VECTORS]


SCENARIOS = (
    Scenario(
        name="request",
        title="One request, answered with 600 tokens, not streamed",
        unit="request",
        call=lambda contender: contender.request(),
        right=is_answer,
    ),
    Scenario(
        name="stream",
        title="A stream of 600 events in one burst",
        unit="event",
        call=lambda contender: contender.stream(),
        right=is_answer,
        units=len(PIECES),
    ),
    Scenario(
        name="paced",
        title="A stream of 600 events, one a millisecond, waking up included",
        unit="event",
        call=lambda contender: contender.stream(),
        right=is_answer,
        units=len(PIECES),
    ),
    Scenario(
        name="concurrent",
        title=f"{CONCURRENCY} streams at once, each of 100 events, one in 10 ms",
        unit="event",
        call=lambda contender: contender.concurrent(CONCURRENCY),
        right=is_every_short_answer,
        units=CONCURRENCY * len(SHORT_PIECES),
        warm_up=lambda contender: contender.concurrent(5),
    ),
    Scenario(
        name="history",
        title="One request with a history of 200 messages, 415 KB",
        unit="request",
        call=lambda contender: contender.history(HISTORY),
        right=is_answer,
    ),
    Scenario(
        name="embeddings",
        title="256 embeddings of 1536 dimensions",
        unit="request",
        call=lambda contender: contender.embed(INPUTS),
        right=is_every_vector,
    ),
)


async def measure(scenario: Scenario, client: type[Contender], server: str) -> Measured:
    """Warm up, then measure. A contender that did not read the right answer raises instead."""
    contender = client(f"{server}/{scenario.name}/v1")
    calls, cpu, wall = 0, 0.0, 0.0
    try:
        await (scenario.warm_up or scenario.call)(contender)
        gc.collect()  # nobody pays for garbage from before; the collector stays on, as it is for users
        while wall < SECONDS:
            cpu_start, wall_start = time.process_time(), time.perf_counter()
            answer = await scenario.call(contender)
            cpu += time.process_time() - cpu_start
            wall += time.perf_counter() - wall_start
            calls += 1
            if not scenario.right(answer):
                raise AssertionError(f"it handed back {str(answer)[:200]!r}")
        cpu_start = time.process_time()
        await asyncio.sleep(0.05)  # what a library puts off to a background task is its work too
        cpu += time.process_time() - cpu_start
    finally:
        await contender.aclose()
    return Measured(cpu / calls / scenario.units, wall / calls / scenario.units)


async def measure_construction(client: type[Contender], server: str) -> Measured:
    """Build clients that are never used, after a first one that pays for what is made once."""
    contenders = [client(f"{server}/request/v1")]
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    contenders += [client(f"{server}/request/v1") for _ in range(BUILDS)]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for contender in contenders:
        await contender.aclose()
    return Measured(cpu / BUILDS, wall / BUILDS)
