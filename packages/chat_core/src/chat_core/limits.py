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
        self._on_asyncio = _on_asyncio()

    def content(self) -> None:
        """Content has come: the idle limit starts over with the next wait."""
        self._fresh = True

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Await it under whichever limit passes first; raises `TimedOut`.

        Most events of a burst are already here, and a time limit per event costs a third of what reading the event costs. So on
        asyncio the first step is taken before a clock is looked at, and the limit is paid once per network read. It is asyncio's
        own then: cancel scopes have to nest, and that first step may have entered some. On trio, where there is nothing else, the
        scope comes first.
        """
        if not self._on_asyncio:
            limit, seconds, left = self._next_limit()
            with anyio.move_on_after(left):
                return await awaitable
            raise TimedOut(limit, seconds)
        steps = cast("Generator[object, object, T]", awaitable.__await__())
        try:
            waiting_for = steps.send(None)
        except StopIteration as finished:
            return cast("T", finished.value)
        import asyncio

        limit, seconds, left = self._next_limit()
        timeout = asyncio.timeout(left)
        try:
            async with timeout:
                return await _Rest(steps, waiting_for)
        except TimeoutError:
            if not timeout.expired():
                raise
        raise TimedOut(limit, seconds)

    def _next_limit(self) -> tuple[str, float, float | None]:
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


class _Rest(Awaitable[T]):
    """What is left of an awaitable that has already taken its first step."""

    def __init__(self, steps: Generator[object, object, T], waiting_for: object) -> None:
        self._steps = steps
        self._waiting_for = waiting_for

    def __await__(self) -> Generator[object, object, T]:
        waiting_for = self._waiting_for
        try:
            while True:
                try:
                    answer = yield waiting_for
                except GeneratorExit:
                    self._steps.close()
                    raise
                except BaseException as exc:
                    waiting_for = self._steps.throw(exc)
                else:
                    waiting_for = self._steps.send(answer)
        except StopIteration as finished:
            return cast("T", finished.value)


def _on_asyncio() -> bool:
    import asyncio  # here, because it brings ssl: a third of what importing a provider package takes

    try:
        return asyncio.current_task() is not None
    except RuntimeError:  # no asyncio loop runs in this thread
        return False
