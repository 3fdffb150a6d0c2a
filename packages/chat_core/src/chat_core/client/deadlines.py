"""Time limits that cost nothing while nothing has to be waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from math import inf
from types import TracebackType, coroutine
from typing import TYPE_CHECKING, Self, TypeVar, cast

import anyio

from chat_core.transport import Timeouts
from chat_core.types.errors import TimedOut

if TYPE_CHECKING:
    import asyncio  # otherwise imported with the first request: it brings ssl, a third of what importing a provider package takes

T = TypeVar("T")


class Deadlines:
    """How long one model request may keep us waiting: the limits above `connect`, held by whoever reads the answer.

    Time counts only while the reader waits, so a slow consumer never times out. `with` says when the request is over: it is no
    cancel scope, and may be held across a `yield`.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._limit = "first_event"
        self._fresh = False
        self._loop = _asyncio_loop()
        self._clock = anyio.current_time if self._loop is None else self._loop.time
        self._started = self._since = self._clock()
        self._alarm: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._passed: tuple[str, float] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._alarm is not None:
            self._alarm.cancel()

    def progress(self) -> None:
        """Content has come: the idle limit starts over with the next wait."""
        self._fresh = True

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Await it under whichever limit passes first; raises `TimedOut`.

        Most events of a burst are already here, and a time limit per event costs a third of what reading the event costs. So on
        asyncio the first step is taken before a clock is looked at. What limits the rest is not a cancel scope, since those have
        to nest, and that first step may have entered some. On trio, where there is nothing else, the scope comes first.
        """
        if self._loop is None:
            limit, seconds, passes = self._next_limit()
            with anyio.CancelScope(deadline=passes):
                return await awaitable
            raise TimedOut(limit, seconds)
        steps = cast("Generator[object, object, T]", awaitable.__await__())
        try:
            waiting_for = steps.send(None)
        except StopIteration as finished:
            return cast("T", finished.value)
        return await self._watched(self._loop, steps, waiting_for)

    async def _watched(
        self, loop: asyncio.AbstractEventLoop, steps: Generator[object, object, T], waiting_for: object
    ) -> T:
        """The rest of the steps, cancelled when the alarm rings. It is what `asyncio.timeout` does, but with one timer for all the
        waits of a request: one for each is a tenth of what an event costs that has to be waited for."""
        import asyncio

        task = asyncio.current_task()
        assert task is not None
        cancelled_before = task.cancelling()
        self._set_alarm(loop)
        self._waiting = task
        try:
            return await _rest(steps, waiting_for)
        except asyncio.CancelledError:
            if self._passed is None or task.cancelling() > cancelled_before + 1:  # others cancelled it too
                raise
            raise TimedOut(*self._passed) from None
        finally:
            self._waiting = None
            if self._passed is not None:
                self._passed = None
                task.uncancel()

    def _set_alarm(self, loop: asyncio.AbstractEventLoop) -> None:
        """See to it that it rings when the limit passes, or before: `_ring` looks what has come since."""
        _, _, passes = self._next_limit()
        if self._alarm is not None and self._alarm.when() > passes:
            self._alarm.cancel()
            self._alarm = None
        if self._alarm is None and passes < inf:
            self._alarm = loop.call_at(passes, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._alarm = None
        if self._waiting is None:
            return
        limit, seconds, passes = self._next_limit()
        if passes > self._clock():
            self._set_alarm(loop)
        else:
            self._passed = limit, seconds
            self._waiting.cancel()

    def _next_limit(self) -> tuple[str, float, float]:
        """The limit that passes first, its value, and when it passes (infinity: never)."""
        if self._fresh:
            self._limit, self._since, self._fresh = "idle", self._clock(), False
        seconds = self._timeouts.idle if self._limit == "idle" else self._timeouts.first_event
        passes = inf if seconds is None else self._since + seconds
        total = self._timeouts.total
        if total is not None and self._started + total < passes:
            return "total", total, self._started + total
        return self._limit, seconds or 0.0, passes


@coroutine
def _rest(steps: Generator[object, object, T], waiting_for: object) -> Generator[object, object, T]:
    """What is left of an awaitable that has already taken its first step."""
    try:
        while True:
            try:
                answer = yield waiting_for
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as exc:
                waiting_for = steps.throw(exc)
            else:
                waiting_for = steps.send(answer)
    except StopIteration as finished:
        return cast("T", finished.value)


def _asyncio_loop() -> asyncio.AbstractEventLoop | None:
    """The loop, unless it is trio's."""
    import asyncio

    try:
        return asyncio.get_running_loop() if asyncio.current_task() is not None else None
    except RuntimeError:  # no asyncio loop runs in this thread
        return None
