"""A limit of real time for one check, which an event loop that is blocked cannot keep itself."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


class TookTooLong(BaseException):
    """A check has taken longer than its limit. No `except Exception` of a client catches it."""


@contextmanager
def time_limit(seconds: float) -> Generator[None]:
    """Raise `TookTooLong` in the block after so much real time, also where the event loop is blocked.

    Where there are no timers of POSIX, on Windows and beside the main thread, there is no limit.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(
            f"it has not ended within {seconds:g} s of real time: something loops for ever, or waits without "
            "the event loop, such as time.sleep(...), a lock, or synchronous I/O"
        )

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
