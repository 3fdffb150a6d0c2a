"""One call of a `SyncChat` on its loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from contextvars import Context
from typing import Generic, TypeVar

import anyio

from chat_core.chat.shared_loop import SharedLoop, Waiter
from chat_core.tools.threads import WAITING

T_co = TypeVar("T_co", covariant=True)


class SyncCall(Generic[T_co]):
    """A call on the loop. It can be ended even before it has begun."""

    def __init__(self, loop: SharedLoop, method: Callable[[], Awaitable[T_co]]) -> None:
        self.ended: bool = False
        self._loop = loop
        self._method = method
        self._task: asyncio.Task[T_co] | None = None
        self._waiters: list[Waiter] = []
        self._is_to_end = False
        self._scope: anyio.CancelScope | None = None
        self._threads: set[anyio.CancelScope] = set()

    def start(self) -> None:
        """Begin it: at once where no thread runs the loop, else on the loop."""
        self._loop.now(self._begin, self._loop.context())

    def end(self, at_once: bool) -> None:
        """Cancel it, from any thread; `at_once` does not wait for the threads of its tools, which cannot be
        stopped.
        """
        self._loop.soon(self._cancel, at_once)

    def wait(self, seconds: float | None = None) -> None:
        """Return when it has ended, or after `seconds`."""
        waiter = self._loop.waiter()
        self._waiters.append(waiter)
        if not self.ended:
            self._loop.wait(waiter, seconds)

    def result(self) -> T_co:
        """Return what the method returns, once it has, or raise what it raises."""
        self.wait()
        if self._task is None or self._task.cancelled():
            raise CancelledError
        return self._task.result()

    def _begin(self, context: Context) -> None:
        self._loop.under_way += 1
        self._task = self._loop.task(self._run(), context)
        self._task.add_done_callback(self._finish)

    async def _run(self) -> T_co:
        WAITING.set(self._threads)
        try:
            with anyio.CancelScope() as self._scope:
                if self._is_to_end:
                    self._scope.cancel()
                return await self._method()
            raise asyncio.CancelledError
        finally:
            self._end()  # the task's callbacks run a turn of the loop later

    def _cancel(self, at_once: bool) -> None:
        self._is_to_end = True
        if at_once:
            for scope in self._threads:
                scope.shield = False
        if self._scope is not None:
            self._scope.cancel()

    def _finish(self, task: asyncio.Task[T_co]) -> None:
        self._end()  # it may have been cancelled before it ran
        if not task.cancelled():
            task.exception()  # where nobody waits for it, asyncio need not report it

    def _end(self) -> None:
        if not self.ended:
            self._loop.under_way -= 1
            self.ended = True
            for waiter in self._waiters:
                waiter.finish()
