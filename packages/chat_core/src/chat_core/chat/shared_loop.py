"""An event loop for synchronous code, run by the threads that wait for it."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from importlib import import_module
from threading import Event, Lock, Thread, current_thread, main_thread
from typing import TypeVar

import sniffio

from chat_core.chat.interruptible_loop import InterruptibleLoop

T = TypeVar("T")

_PAUSE = 1.0  # seconds after which servers may have closed connections while no thread ran the loop


class Waiter:
    """What one thread waits for. `finish` is called on the loop, by whichever thread runs it."""

    __slots__ = ("_loop", "done", "event", "leads")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.done: bool = False
        self.leads: bool = False  # this thread runs the loop
        self.event: Event | None = None  # set when it is done, where another thread runs the loop

    def finish(self) -> None:
        self.done = True
        if self.leads:
            self._loop.stop()
        if self.event is not None:
            self.event.set()


class SharedLoop:
    """One event loop for all threads, without a thread of its own.

    Of the threads that wait, the first runs the loop; when it has what it waited for, the next one goes on.
    So a program of one thread switches between none. A thread in which another loop runs cannot run this one:
    the first such thread to wait starts a thread that runs it from then on. While no thread waits nothing
    runs, and while work is under way the clock of the loop stands still then, so that no time limit passes.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._loop = InterruptibleLoop()
        self._lock = Lock()
        self._led = False
        self._next: deque[Waiter] = deque()  # those who wait while another thread runs the loop
        self._left_at: float | None = None
        self._helper: Thread | None = None
        self._helper_waits = Waiter(self._loop)
        self.under_way = 0  # how much work has begun and not ended; changed on the loop

    @property
    def elsewhere(self) -> bool:
        """Whether it belongs to the process that this one was forked from."""
        return self._process != os.getpid()

    @property
    def is_running_here(self) -> bool:
        """Whether this thread runs it: whoever waited here would wait for itself."""
        return _running_loop() is self._loop

    @staticmethod
    def context() -> Context:
        """Return the context variables of the caller, as code finds them that runs on asyncio: the caller may
        run another library.
        """
        context = copy_context()
        context.run(sniffio.current_async_library_cvar.set, "asyncio")
        return context

    def soon(self, callback: Callable[..., object], *arguments: object) -> None:
        """Call a function on the loop, from any thread, as soon as a thread runs the loop.

        It sees the context variables of the caller.
        """
        context = self.context()
        if self._lock.acquire(blocking=False):
            try:
                if not self._led:  # it need not be woken, which takes two calls of the system
                    self._loop.call_soon(callback, *arguments, context=context)
                    return
            finally:
                self._lock.release()
        self._loop.call_soon_threadsafe(callback, *arguments, context=context)

    def now(self, callback: Callable[..., object], *arguments: object) -> None:
        """Call a function that needs no running loop: at once where no thread runs the loop, else on the
        loop. For a thread that is about to wait this saves a turn of the loop.
        """
        if self._lock.acquire(blocking=False):
            try:
                if not self._led:  # while the lock is taken no thread can begin to run the loop
                    callback(*arguments)
                    return
            finally:
                self._lock.release()
        self.soon(callback, *arguments)

    def task(self, work: Coroutine[object, object, T], context: Context) -> asyncio.Task[T]:
        """Return a task of the loop. Call it on the loop, or by `now`."""
        return self._loop.create_task(work, context=context)

    def waiter(self) -> Waiter:
        """Return what a thread can wait for."""
        return Waiter(self._loop)

    def wait(self, waiter: Waiter, seconds: float | None = None) -> None:
        """Return when `waiter` is done, or after `seconds`. Raises `KeyboardInterrupt` on Ctrl-C."""
        if waiter.done:
            return
        if _runs_a_loop():
            self._start_helper()
            self._follow(waiter, seconds, may_lead=False)
        elif self._lead(waiter) or self._follow(waiter, seconds):
            try:
                self._run(waiter, seconds)
            finally:
                self._hand_over(waiter)

    def close(self) -> None:
        """Cancel what still runs, wait for its end, and close the loop. Nothing can be started afterwards."""
        if self._helper is not None:
            self.soon(self._helper_waits.finish)
            self._helper.join()
        last = self.waiter()
        if _runs_a_loop():
            thread = Thread(target=self._close, args=(last,), name="chat-loop")
            thread.start()
            thread.join()
        else:
            self._close(last)

    def _close(self, last: Waiter) -> None:
        if not self._lead(last):
            self._follow(last, None)
        loop = self._loop
        try:
            self._turn_once()  # a stop that came too late for the last run must not end the next
            loop.run_until_complete(_end_tasks(loop))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    def _lead(self, waiter: Waiter) -> bool:
        """Run the loop in this thread from now on, unless another one does."""
        with self._lock:
            if self._led:
                return False
            self._led = waiter.leads = True
            return True

    def _follow(self, waiter: Waiter, seconds: float | None, *, may_lead: bool = True) -> bool:
        """Wait until `waiter` is done, or this thread is to run the loop. Return whether it is."""
        event = waiter.event = Event()
        try:
            if may_lead and not self._join(waiter):
                return True
            if not waiter.done:
                event.wait(seconds)
        except BaseException:
            if self._leave(waiter):
                self._hand_over(waiter)
            raise
        return self._leave(waiter)

    def _join(self, waiter: Waiter) -> bool:
        """Stand in the line of those who may run the loop next. Return False where it is this one's turn."""
        with self._lock:
            if self._led:
                self._next.append(waiter)
                return True
        return not self._lead(waiter) and self._join(waiter)

    def _leave(self, waiter: Waiter) -> bool:
        """Leave the line. Return whether this thread is to run the loop."""
        with self._lock:
            waiter.event = None
            if waiter in self._next:
                self._next.remove(waiter)
            return waiter.leads

    def _hand_over(self, waiter: Waiter) -> None:
        with self._lock:
            waiter.leads = False
            self._led = bool(self._next)
            if not self._led:
                self._left_at = time.monotonic()
                return
            following = self._next.popleft()
            following.leads = True
            if following.event is not None:
                following.event.set()

    def _catch_up(self) -> None:
        """Put the clock right after a time in which no thread ran the loop, and see what servers have
        closed.
        """
        if self._left_at is None:
            return
        pause, self._left_at = time.monotonic() - self._left_at, None
        if self.under_way:
            self._loop.away += pause
        if pause > _PAUSE:
            for _ in range(2):
                self._turn_once()

    def _turn_once(self) -> None:
        """Run what is ready."""
        self._loop.stop()
        self._loop.run_forever()

    def _run(self, waiter: Waiter, seconds: float | None) -> None:
        loop = self._loop
        timer = None if seconds is None else _Timer(loop, seconds)
        with loop.interrupts as interrupts:
            self._catch_up()
            while not (waiter.done or interrupts.count or (timer is not None and timer.has_passed)):
                self._turn()
        if timer is not None:
            timer.cancel()
        if interrupts.count:
            raise KeyboardInterrupt

    def _turn(self) -> None:
        try:
            self._loop.run_forever()
        except (SystemExit, KeyboardInterrupt):
            if current_thread() is main_thread():  # a signal's handler may have raised it
                raise  # in other threads a task has, whose caller gets it

    def _start_helper(self) -> None:
        with self._lock:
            if self._helper is None:
                self._helper = Thread(
                    target=self.wait, args=(self._helper_waits,), name="chat-loop", daemon=True
                )
                self._helper.start()


class _Timer:
    """Stops the loop after `seconds`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.has_passed: bool = False
        self._loop = loop
        self._handle = loop.call_later(seconds, self._pass)

    def cancel(self) -> None:
        self._handle.cancel()

    def _pass(self) -> None:
        self.has_passed = True
        self._loop.stop()


async def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# What `get_running_loop` is, without its exception.
_running_loop: Callable[[], asyncio.AbstractEventLoop | None] = import_module("asyncio")._get_running_loop


def _runs_a_loop() -> bool:
    """Whether a loop of asyncio or trio runs in this thread: what `sniffio` finds, without its exception."""
    name = sniffio.thread_local.name or sniffio.current_async_library_cvar.get()
    return name is not None or _running_loop() is not None
