"""Time limits that cost nothing while nothing has to be waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from typing import TypeVar, cast

import anyio

from chat_core.errors import TimedOut
from chat_core.transport import Timeouts

T = TypeVar("T")


class Patience:
    """How long one model request may keep us waiting: the limits above `connect`, held by whoever reads the answer.

    Time counts only while the reader waits, so a slow consumer never times out.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._started = anyio.current_time()
        self._since = self._started
        self._limit = "first_event"
        self._fresh = False

    def content(self) -> None:
        """Content has come: the idle limit starts over with the next wait."""
        self._fresh = True

    def wait(self, awaitable: Awaitable[T]) -> Awaitable[T]:
        """The same awaitable under whichever limit passes first; raises `TimedOut`."""
        return _Limited(awaitable, self)

    def next_limit(self) -> tuple[str, float, float | None]:
        """The limit in force, its value, and the seconds left of it (None: no limit)."""
        now = anyio.current_time()
        if self._fresh:
            self._limit, self._since, self._fresh = "idle", now, False
        seconds = self._timeouts.idle if self._limit == "idle" else self._timeouts.first_event
        left = None if seconds is None else self._since + seconds - now
        total = self._timeouts.total
        if total is not None and (left is None or self._started + total - now < left):
            return "total", total, self._started + total - now
        return self._limit, seconds or 0.0, left


class _Limited(Awaitable[T]):
    """Takes the first step before it looks at a clock.

    Most events of a burst are already here, and a cancel scope per event costs 9 µs, a third of what reading the event
    costs; entered only when the first step has to wait, it is paid once per network read.
    """

    def __init__(self, awaitable: Awaitable[T], patience: Patience) -> None:
        self._awaitable = awaitable
        self._patience = patience

    def __await__(self) -> Generator[object, object, T]:
        steps = cast("Generator[object, object, T]", self._awaitable.__await__())
        try:
            waiting_for = steps.send(None)
        except StopIteration as finished:
            return cast("T", finished.value)
        limit, seconds, left = self._patience.next_limit()
        if left is None:
            return (yield from _resume(steps, waiting_for))
        with anyio.move_on_after(left):  # noqa: ASYNC100  `yield from` is this awaitable's await
            return (yield from _resume(steps, waiting_for))
        raise TimedOut(limit, seconds)


def _resume(steps: Generator[object, object, T], waiting_for: object) -> Generator[object, object, T]:
    """`yield from steps`, for steps that have already taken their first."""
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
