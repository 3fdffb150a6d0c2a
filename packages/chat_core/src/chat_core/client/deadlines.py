"""The time limits of one model request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import anyio

from chat_core.transport import Timeouts
from chat_core.types.errors import TimedOut
from chat_core.types.runtime import IN_PYODIDE

if TYPE_CHECKING:
    # imported with the first request: it brings ssl, a third of what importing a provider package takes
    import asyncio

T = TypeVar("T")


class Deadlines:
    """The limits of one model request, except `connect`, for whoever reads the response. `with` says when it
    is over.

    | state | begins with | limit |
    |---|---|---|
    | first event | the request | `first_event` |
    | idle | the first wait after `progress()` | `idle` |

    `total` counts from the request in both. Only waiting is limited: no limit passes while the reader is
    elsewhere, so a slow consumer never times out, and no cancel scope is held between two waits.

    On asyncio a wait does what `asyncio.timeout_at` does, with one timer for all the waits of a request
    instead of one for each, which would take 7 µs more per wait: a tenth of what an event costs that is
    waited for. The timer is set to the limit that passes first and is not moved when the limit is: when it
    fires early, it is set again.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._current_task = _find_task()
        try:
            task = self._current_task()
        except RuntimeError:  # no asyncio loop runs in this thread
            task = None
        self._loop = None if task is None else task.get_loop()
        self._clock = anyio.current_time if self._loop is None else self._loop.time
        self._started = self._since = self._clock()

    # what a request has at first stands in the class: most end before any of it changes
    _idle = False
    _progressed = False
    _at_most: float | None = None
    _timer: asyncio.TimerHandle | None = None
    _fires = inf  # when the timer fires; not every loop's timers know it themselves
    _waiting: asyncio.Task[object] | None = None  # None while the reader is elsewhere
    _cancelling = 0  # cancellations of the waiting task before ours
    _expired: tuple[str, float] | None = None  # the limit for which the waiting task was cancelled

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def progress(self) -> None:
        """Start the idle limit over, with the next wait."""
        self._progressed = True

    async def wait(self, awaitable: Awaitable[T], *, at_most: float | None = None) -> T:
        """Return what `awaitable` gives. Raises `TimedOut` for the limit that passes first.

        `at_most` stands for the idle limit where it is shorter: seconds since the last progress. On asyncio,
        what needs no waiting is returned however late it is.
        """
        if self._loop is None:
            return await self._wait_in_scope(awaitable, at_most)
        if self._timer is None or not self._idle or at_most != self._at_most:
            self._at_most = at_most
            self._set_timer(self._loop, self._next_limit()[2])
        elif self._progressed:  # the limit passes later than it did, and the timer looks for itself
            self._since, self._progressed = self._clock(), False
        self._waiting = task = self._current_task(self._loop)
        try:
            return await awaitable
        except BaseException as error:
            if self._expired is None or not _is_cancellation(error):
                raise
            if task is None or task.cancelling() > self._cancelling + 1:
                raise  # somebody else cancelled the task
            raise TimedOut(*self._expired) from None
        finally:
            self._waiting = None
            if self._expired is not None and task is not None:
                self._expired = None
                task.uncancel()

    async def _wait_in_scope(self, awaitable: Awaitable[T], at_most: float | None) -> T:
        self._at_most = at_most
        limit, seconds, passes = self._next_limit()
        with anyio.CancelScope(deadline=passes):
            return await awaitable
        raise TimedOut(limit, seconds)

    def _set_timer(self, loop: asyncio.AbstractEventLoop, passes: float) -> None:
        """Set the timer to `passes`, unless it fires before that anyway."""
        if self._timer is not None and self._fires > passes:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and passes < inf:
            if IN_PYODIDE:  # whose loop refuses a time that has passed
                passes = max(passes, loop.time() + 0.001)
            self._timer, self._fires = loop.call_at(passes, self._timer_fired, loop), passes

    def _timer_fired(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._waiting is None:
            return  # the next wait sets it again
        limit, seconds, passes = self._next_limit()
        if passes > loop.time():
            self._set_timer(loop, passes)
        else:
            self._expired = limit, seconds
            self._cancelling = self._waiting.cancelling()
            self._waiting.cancel()

    def _next_limit(self) -> tuple[str, float, float]:
        """Return the limit that passes first: its name, its seconds, and the time when it passes (infinity:
        never).
        """
        if self._progressed:
            self._idle, self._progressed, self._since = True, False, self._clock()
        timeouts = self._timeouts
        seconds = timeouts.idle if self._idle else timeouts.first_event
        if self._at_most is not None and (seconds is None or self._at_most < seconds):
            seconds = self._at_most
        passes = inf if seconds is None else self._since + seconds
        if timeouts.total is not None and self._started + timeouts.total < passes:
            return "total", timeouts.total, self._started + timeouts.total
        return "idle" if self._idle else "first_event", seconds or 0.0, passes


def _is_cancellation(error: BaseException) -> bool:
    import asyncio

    return isinstance(error, asyncio.CancelledError)


@cache
def _find_task() -> Callable[..., asyncio.Task[object] | None]:
    """Return the function that finds the task which runs on asyncio."""
    import asyncio

    return asyncio.current_task
