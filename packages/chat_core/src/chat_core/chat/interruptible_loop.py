"""An event loop that Ctrl-C stops, and whose clock can stand still."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from threading import current_thread, main_thread
from types import FrameType

if sys.platform == "win32":
    _Base = asyncio.ProactorEventLoop
else:
    _Base = asyncio.SelectorEventLoop


class InterruptibleLoop(_Base):
    """An event loop whose clock stands still for the seconds that it was `away`."""

    away: float = 0.0

    def __init__(self) -> None:
        self._process = os.getpid()
        super().__init__()
        self._signals: tuple[socket.socket, socket.socket] | None = None

    def wake_at_signals(self) -> int:
        """Let a signal end the wait for I/O, and return the file descriptor that did so before.

        Without, one that comes just before the wait begins is handled only when the wait ends. Call it in the
        main thread. On Windows the loop does so itself.
        """
        if sys.platform == "win32":
            return -1
        if self._signals is None:
            receiver, sender = self._signals = socket.socketpair()
            receiver.setblocking(False)
            sender.setblocking(False)
            self.add_reader(receiver, receiver.recv, 64)
        return signal.set_wakeup_fd(self._signals[1].fileno(), warn_on_full_buffer=False)

    def close(self) -> None:
        if self._signals is not None:
            self.remove_reader(self._signals[0])
            for end in self._signals:
                end.close()
            self._signals = None
        super().close()

    def time(self) -> float:
        return super().time() - self.away

    def __del__(self) -> None:
        if self._process == os.getpid():  # a forked process would take away what the other one waits with
            super().__del__()


@contextmanager
def interruptible(loop: InterruptibleLoop) -> Generator[list[int]]:
    """Stop the loop at a Ctrl-C, which is then in the list, instead of raising amid its work.

    A second one is raised at once: something blocks the loop.
    """
    interrupts: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if interrupts:
            raise KeyboardInterrupt
        interrupts.append(number)
        loop.call_soon_threadsafe(loop.stop)

    if current_thread() is not main_thread() or _get_handler(_SIGINT) is not _RAISES:
        yield interrupts
        return
    _set_handler(_SIGINT, stop)
    before = loop.wake_at_signals()
    try:
        yield interrupts
    finally:
        if sys.platform != "win32":
            signal.set_wakeup_fd(before)
        _set_handler(_SIGINT, _RAISES)


_RAISES = signal.default_int_handler
_SIGINT = int(signal.SIGINT)
# What these functions of `signal` wrap: there the looking for enums takes longer than the work.
_wrapped = import_module("_signal")
_get_handler: Callable[[int], object] = _wrapped.getsignal
_set_handler: Callable[[int, Callable[[int, FrameType | None], object]], object] = _wrapped.signal
