"""What is measured inside a contender's process, and how."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from benchmarks.answers import (
    ANSWER,
    CALLS,
    HISTORY,
    INPUTS,
    LONGEST,
    PIECES,
    QUESTION,
    REPORT,
    SHORT_ANSWER,
    SHORT_PIECES,
    TINY_ANSWER,
    VECTORS,
)
from benchmarks.contenders import Contender, Library

BUILDS = 10
BARE = ("request", "stream", "history", "history_kept")
"""What a client without a chat around it is measured with too."""
ASKED = [("user", QUESTION)]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A call, what it must hand back, and how it is counted; `path` names it to the server."""

    name: str
    title: str
    unit: str
    call: Callable[[Contender], Awaitable[Any]]
    right: Callable[[Any], bool]
    units: int = 1
    """How many there are of `unit` in one call."""
    path: str = ""
    wires: tuple[str, ...] = ("chat", "responses", "claude", "gemini", "ollama")
    sync: bool = False
    """Whether synchronous libraries take part."""
    warm_up: Callable[[Contender], Awaitable[Any]] | None = None
    """What runs once before, where it is not the call itself."""

    def takes(self, library: Library) -> bool:
        alone = "bare" in library.options and self.name not in (
            "request",
            "stream",
            "history",
            "history_kept",
        )
        return library.wire in self.wires and (self.sync or not library.sync) and not alone


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds for one unit: of CPU, user and system, all threads of the process; and of wall clock."""

    cpu: float
    wall: float


def at_once(n: int) -> Scenario:
    """Requests that are sent at the same moment."""

    async def send(contender: Contender) -> list[str]:
        return await asyncio.gather(*(contender.complete(ASKED) for _ in range(n)))

    return Scenario(
        name=f"at_once_{n}",
        title=f"{n} short requests at once",
        unit="request",
        call=send,
        right=lambda texts: texts == [TINY_ANSWER] * n,
        units=n,
        path="at_once",
        wires=("chat",),
    )


def streams(name: str, n: int, pace: str, path: str) -> Scenario:
    return Scenario(
        name=name,
        title=f"{n:,} streams at once, each of 100 events, one in {pace}",
        unit="event",
        call=lambda contender: contender.streams(n),
        right=lambda texts: texts == [SHORT_ANSWER] * n,
        units=n * len(SHORT_PIECES),
        path=path,
        wires=("chat", "claude"),
        warm_up=lambda contender: contender.streams(5),
    )


SCENARIOS = (
    Scenario(
        name="request",
        title="One request, answered with 600 tokens, not streamed",
        unit="request",
        call=lambda contender: contender.complete(ASKED),
        right=lambda text: text == ANSWER,
        sync=True,
    ),
    Scenario(
        name="stream",
        title="A stream of 600 events in one burst",
        unit="event",
        call=lambda contender: contender.stream(),
        right=lambda text: text == ANSWER,
        units=len(PIECES),
        sync=True,
    ),
    Scenario(
        name="paced",
        title="A stream of 600 events, one a millisecond, waking up included",
        unit="event",
        call=lambda contender: contender.stream(),
        right=lambda text: text == ANSWER,
        units=len(PIECES),
        sync=True,
    ),
    Scenario(
        name="first",
        title="From the call to the first text of a stream",
        unit="stream",
        call=lambda contender: contender.stream(first=True),
        right=lambda text: text == TINY_ANSWER,
        wires=("chat", "responses", "claude"),
    ),
    Scenario(
        name="short",
        title="A stream of 20 events",
        unit="stream",
        call=lambda contender: contender.stream(),
        right=lambda text: text == TINY_ANSWER,
        sync=True,
    ),
    Scenario(
        name="tools",
        title="Two streamed tool calls of 80 events each, put together",
        unit="answer",
        call=lambda contender: contender.tools(),
        right=lambda calls: calls == [(name, arguments) for _, name, arguments in CALLS],
        wires=("chat", "responses", "claude"),
    ),
    Scenario(
        name="history",
        title="One request with a history of 200 messages, 415 KB",
        unit="request",
        call=lambda contender: contender.complete(HISTORY),
        right=lambda text: text == ANSWER,
    ),
    Scenario(
        name="history_kept",
        title="One request more in a conversation of 200 to 260 messages, 400 KB, that is kept",
        unit="request",
        call=lambda contender: contender.go_on(HISTORY[:-1], LONGEST),
        right=lambda text: text == TINY_ANSWER,
        path="at_once",
    ),
    Scenario(
        name="typed",
        title="A typed answer of 50 KB",
        unit="answer",
        call=lambda contender: contender.typed(),
        right=lambda report: report.model_dump() == REPORT,
        wires=("chat", "responses", "claude"),
    ),
    Scenario(
        name="embeddings",
        title="256 embeddings of 1536 dimensions",
        unit="request",
        call=lambda contender: contender.embed(INPUTS),
        right=lambda vectors: [list(one) for one in vectors] == [list(one) for one in VECTORS],
        wires=("chat",),
    ),
    *(at_once(n) for n in (1, 16, 32, 64, 100, 1_000)),
    streams("concurrent", 200, "10 ms", "concurrent"),
    streams("thousand", 1_000, "50 ms", "many"),
)


class Turns:
    """One scenario of one library, which is measured in turns between those of other libraries."""

    def __init__(self, scenario: Scenario, library: Library, server: str, runner: asyncio.Runner) -> None:
        self.scenario = scenario
        self.run = run_without_loop if library.sync else runner.run
        path = scenario.path or scenario.name
        self.contender = self.run(built(library, f"{server}/{path}"))
        self.run(awaited((scenario.warm_up or scenario.call)(self.contender)))
        gc.collect()  # nobody pays for garbage from before; the collector stays on, as it is for users

    def measure(self, seconds: float) -> Measured:
        """Repeat the call for so long, once at least. What read the wrong answer raises instead."""
        return self.run(self._measured(seconds))

    async def _measured(self, seconds: float) -> Measured:
        """Do what `measure` does within one run of the loop, as an application's calls are."""
        calls, cpu, wall = 0, 0.0, 0.0
        while wall < seconds:
            cpu_start, wall_start = time.process_time(), time.perf_counter()
            answer = await self.scenario.call(self.contender)
            cpu_end = self.contender.first_at or time.process_time()
            cpu += cpu_end - cpu_start
            wall += time.perf_counter() - wall_start
            calls += 1
            if not self.scenario.right(answer):
                raise AssertionError(f"it handed back {str(answer)[:200]!r}")
        units = calls * self.scenario.units
        return Measured(cpu / units, wall / units)

    def close(self) -> None:
        self.run(self.contender.aclose())


async def built(library: Library, server: str) -> Contender:
    return library.load()(server, library)


async def awaited(work: Awaitable[Any]) -> Any:
    return await work


def run_without_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what awaits nothing."""
    try:
        work.send(None)
    except StopIteration as exc:
        return exc.value
    raise AssertionError("a synchronous library awaits nothing")


async def measure_construction(library: Library, server: str) -> Measured:
    """Build clients that are never used, after a first one that pays for what is made once."""
    client = library.load()
    contenders = [client(f"{server}/request", library)]
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    contenders += [client(f"{server}/request", library) for _ in range(BUILDS)]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for contender in contenders:
        await contender.aclose()
    return Measured(cpu / BUILDS, wall / BUILDS)
