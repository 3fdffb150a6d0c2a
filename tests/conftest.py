"""What every test may use."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

import pytest


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Tests marked with `anyio` run on both."""
    backend: str = request.param
    return backend


@pytest.fixture(params=["asyncio", "trio"])
def virtual_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Both, on a clock that jumps to the next timer whenever nothing else can run: for tests of time limits without a
    network. A module that wants it for all its tests returns it from an `anyio_backend` of its own."""
    if request.param == "asyncio":
        return "asyncio", {"loop_factory": VirtualLoop}
    import trio.testing

    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while everything waits for it, and then at once."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self._now

    def jump(self, seconds: float) -> None:
        self._now += seconds


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout:
            self._loop.jump(timeout)
        return ready
