"""Event loops whose time passes only while everything waits for it, and then at once: a time limit of minutes
is tested in no time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any, Literal, TypeAlias

import anyio

Backend: TypeAlias = Literal["asyncio", "trio"]


def installed_backends() -> tuple[Backend, ...]:
    """Return asyncio, and trio where it is installed."""
    return ("asyncio", "trio") if find_spec("trio") is not None else ("asyncio",)


def run_on(backend: Backend, work: Callable[[], Awaitable[None]], *, virtual: bool) -> None:
    """Run the work on a backend, with a virtual clock where `virtual` says so."""
    anyio.run(work, backend=backend, backend_options=_virtual_options(backend) if virtual else {})


def _virtual_options(backend: Backend) -> dict[str, Any]:
    if backend == "asyncio":
        return {"loop_factory": VirtualLoop}
    import trio.testing  # here: it is installed by those who test on it

    return {"clock": trio.testing.MockClock(autojump_threshold=0)}


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop of asyncio with a virtual clock."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let this time pass."""
        self._now += seconds


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; where nothing is, the time of the next timer comes at once."""
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout:
            self._loop.jump(timeout)
        return ready
