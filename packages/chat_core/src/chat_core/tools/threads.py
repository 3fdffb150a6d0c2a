"""Synchronous tools in threads."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, copy_context
from threading import Thread
from typing import Generic, TypeVar, cast

import anyio

from chat_core.types.runtime import IN_PYODIDE

T = TypeVar("T")

# The scopes that wait for threads, for whoever may have to leave without waiting: SyncChat after a Ctrl-C.
WAITING: ContextVar[set[anyio.CancelScope] | None] = ContextVar("WAITING", default=None)


async def run_in_thread(function: Callable[[], T], seconds: float = math.inf) -> T:
    """Return what `function` returns, or raise what it raises. Raises `TimeoutError` after `seconds`.

    A thread cannot be stopped, so a cancelled caller waits for it: only then is the outcome known. There is
    no limit to the number of threads, since a tool may wait for another agent's tools, and with a shared
    limit both could wait forever. Where there are no threads the function runs here, as long as it takes.
    """
    if IN_PYODIDE:
        return function()
    waiting = WAITING.get()
    with anyio.CancelScope(shield=True, deadline=anyio.current_time() + seconds) as scope:
        if waiting is None:
            return await _in_worker(function)
        waiting.add(scope)
        try:
            return await _in_daemon(function)
        finally:
            waiting.discard(scope)
    raise TimeoutError(f"it took longer than {seconds:g} s and goes on in its thread")


async def _in_worker(function: Callable[[], T]) -> T:
    """Use a thread of anyio's, which are reused, and out of which `anyio.from_thread` finds the loop."""
    import anyio.to_thread

    outcome = _Outcome(function)
    limiter = anyio.CapacityLimiter(1)
    await anyio.to_thread.run_sync(outcome.run, limiter=limiter, abandon_on_cancel=True)
    return outcome.result()


async def _in_daemon(function: Callable[[], T]) -> T:
    """Use a thread that does not keep the process alive when it is left behind."""
    import anyio.from_thread
    from anyio.lowlevel import current_token

    outcome, done, token, context = _Outcome(function), anyio.Event(), current_token(), copy_context()

    def run() -> None:
        context.run(outcome.run)
        with suppress(RuntimeError):  # the loop has ended, and with it what waited for this
            anyio.from_thread.run_sync(done.set, token=token)

    Thread(target=run, name="chat-tool", daemon=True).start()
    await done.wait()
    return outcome.result()


class _Outcome(Generic[T]):
    """A function, and what it returned or raised: trio takes no awaitable, and asyncio no StopIteration, out
    of a thread.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._error: BaseException | None = None
        self._value: T | None = None

    def run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as exc:  # whatever a tool raises is for whoever called it, in the other thread
            self._error = exc

    def result(self) -> T:
        """Return the value, or raise the error."""
        if self._error is not None:
            raise self._error
        return cast("T", self._value)
