"""The wait for an event is ended by another task, and by nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import anyio
import anyio.lowlevel
import pytest
from chat_core.chat.interrupt import Interrupt

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def passed(
    interrupt: Interrupt, source: AsyncGenerator[int], *, shields: bool = False
) -> AsyncGenerator[AsyncGenerator[int]]:
    async with aclosing(source), aclosing(interrupt.pass_on(source, shields=shields)) as events:
        yield events


class Source:
    """Yields numbers, and waits for ever before one of them."""

    def __init__(self, wait_at: int | None = None) -> None:
        self.wait_at = wait_at
        self.waits = anyio.Event()
        self.closed = False

    async def numbers(self, count: int) -> AsyncGenerator[int]:
        try:
            for number in range(count):
                if number == self.wait_at:
                    self.waits.set()
                    await anyio.sleep_forever()
                yield number
        finally:
            self.closed = True


@pytest.mark.parametrize("shields", [False, True])
async def test_events_pass_and_the_end_is_the_end(shields: bool) -> None:
    source = Source()
    async with passed(Interrupt(), source.numbers(3), shields=shields) as numbers:
        assert [number async for number in numbers] == [0, 1, 2]
    assert source.closed


@pytest.mark.parametrize("shields", [False, True])
async def test_a_wait_is_ended_and_the_task_goes_on_as_if_nothing_had_been(shields: bool) -> None:
    source, interrupt = Source(wait_at=2), Interrupt()
    seen: list[int] = []
    async with anyio.create_task_group() as tasks:

        async def call() -> None:
            await source.waits.wait()
            interrupt.call()
            interrupt.call()

        tasks.start_soon(call)
        async with passed(interrupt, source.numbers(5), shields=shields) as numbers:
            seen += [number async for number in numbers]
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
    assert seen == [0, 1]
    assert source.closed


@pytest.mark.parametrize("shields", [False, True])
async def test_between_two_events_it_closes_the_source_before_the_next_one(shields: bool) -> None:
    source, interrupt = Source(), Interrupt()
    seen: list[int] = []
    async with passed(interrupt, source.numbers(5), shields=shields) as numbers:
        async for number in numbers:
            seen.append(number)
            interrupt.call()
    assert seen == [0]
    assert source.closed


async def test_a_call_from_within_the_wait_leaves_nothing_behind() -> None:
    interrupt = Interrupt()

    async def numbers() -> AsyncGenerator[int]:
        yield 0
        interrupt.call()
        yield 1
        yield 2

    async with passed(interrupt, numbers()) as numbers_passed:
        assert [number async for number in numbers_passed] in ([0, 1], [0])
    await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("shields", [False, True])
async def test_what_a_source_raises_goes_on(shields: bool) -> None:
    async def numbers() -> AsyncGenerator[int]:
        yield 0
        raise ValueError("broken")

    async with passed(Interrupt(), numbers(), shields=shields) as numbers_passed:
        assert await anext(numbers_passed) == 0
        with pytest.raises(ValueError, match="broken"):
            await anext(numbers_passed)


@pytest.mark.parametrize("shields", [False, True])
async def test_a_scope_around_it_that_is_cancelled_too_ends_the_task(shields: bool) -> None:
    source, interrupt = Source(wait_at=1), Interrupt()
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:

            async def call() -> None:
                await source.waits.wait()
                scope.cancel()
                interrupt.call()

            tasks.start_soon(call)
            async with passed(interrupt, source.numbers(5), shields=shields) as numbers:
                _ = [number async for number in numbers]
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("order", ["interrupt first", "task first"])
async def test_on_asyncio_a_task_that_is_cancelled_too_is_cancelled(order: str) -> None:
    source, interrupt = Source(wait_at=1), Interrupt()

    async def read() -> None:
        async with passed(interrupt, source.numbers(5)) as numbers:
            _ = [number async for number in numbers]
        await asyncio.Event().wait()

    task = asyncio.create_task(read())
    await source.waits.wait()
    for action in ([interrupt.call, task.cancel], [task.cancel, interrupt.call])[order == "task first"]:
        action()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert source.closed


async def test_a_source_that_answers_a_cancellation_with_an_event_is_heard() -> None:
    interrupt, waits = Interrupt(), anyio.Event()

    async def numbers() -> AsyncGenerator[int]:
        waits.set()
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            pass
        yield 7

    async with anyio.create_task_group() as tasks:

        async def call() -> None:
            await waits.wait()
            interrupt.call()

        tasks.start_soon(call)
        async with passed(interrupt, numbers()) as numbers_passed:
            assert [number async for number in numbers_passed] == [7]
        await anyio.lowlevel.checkpoint()
