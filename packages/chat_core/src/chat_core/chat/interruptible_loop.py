"""An event loop that Ctrl-C stops, and whose clock can stand still."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from threading import get_ident, main_thread
from time import monotonic
from types import FrameType, TracebackType
from typing import Self

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
        self.interrupts: Interrupts = Interrupts(self)
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
        return _set_wakeup_fd(self._signals[1].fileno(), warn_on_full_buffer=False)

    def close(self) -> None:
        if self._signals is not None:
            self.remove_reader(self._signals[0])
            for end in self._signals:
                end.close()
            self._signals = None
        super().close()

    def time(self) -> float:
        return monotonic() - self.away

    def __del__(self) -> None:
        if self._process == os.getpid():  # a forked process would take away what the other one waits with
            super().__del__()


class Interrupts:
    """Stops a loop at a Ctrl-C, which is then counted, instead of raising amid the work of the loop.

    A block, for the thread that runs the loop, and not a generator: it is entered for each event that is
    waited for. A second Ctrl-C is raised at once: something blocks the loop.
    """

    def __init__(self, loop: InterruptibleLoop) -> None:
        self.count: int = 0
        self._loop = loop
        self._catches = False
        self._wakes = -1  # the file descriptor that a signal woke before

    def __enter__(self) -> Self:
        self.count = 0
        self._catches = get_ident() == main_thread().ident and _get_handler(_SIGINT) is _RAISES
        if self._catches:
            _set_handler(_SIGINT, self._stop)
            self._wakes = self._loop.wake_at_signals()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._catches:
            if sys.platform != "win32":
                _set_wakeup_fd(self._wakes)
            _set_handler(_SIGINT, _RAISES)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.count:
            raise KeyboardInterrupt
        self.count += 1
        self._loop.call_soon_threadsafe(self._loop.stop)


_RAISES = signal.default_int_handler
_SIGINT = int(signal.SIGINT)
# What these functions of `signal` wrap: there the looking for enums takes longer than the work.
_wrapped = import_module("_signal")
_get_handler: Callable[[int], object] = _wrapped.getsignal
_set_handler: Callable[[int, Callable[[int, FrameType | None], object]], object] = _wrapped.signal
_set_wakeup_fd: Callable[..., int] = _wrapped.set_wakeup_fd
