"""The running event loop as a key, and what is closed when it ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary, ref

from anyio.lowlevel import RunVar

if TYPE_CHECKING:
    import asyncio


class Closable(Protocol):
    """What an event loop closes as it ends."""

    async def aclose(self) -> None: ...


class EventLoop:
    """A running event loop, as a key: it lives as long as the loop."""

    def __init__(self, on_asyncio: asyncio.AbstractEventLoop | None) -> None:
        self._open: dict[Closable, None] = {}
        self._end: AsyncGenerator[None] | None = None
        self._asyncio = None if on_asyncio is None else ref(on_asyncio)

    async def close_at_end(self, resource: Closable) -> None:
        """Close `resource` when the loop ends."""
        if self._end is None:
            self._end = self._close_all()
            await anext(self._end)
        self._open[resource] = None

    def drop(self, resource: Closable) -> None:
        """Close `resource` soon, in a task of the loop.

        From any thread. On trio it is closed when the loop ends.
        """
        loop = None if self._asyncio is None else self._asyncio()
        if loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(lambda: loop.create_task(self._close(resource)))

    async def _close_all(self) -> AsyncGenerator[None]:
        """Yield once, and close everything on being closed: a loop that ends closes the generators that are
        left.
        """
        try:
            yield
        finally:
            self._end = None  # a generator that has ended still holds its loop
            while self._open:
                await self._open.popitem()[0].aclose()

    async def _close(self, resource: Closable) -> None:
        await resource.aclose()
        self._open.pop(resource, None)


_ON_ASYNCIO: WeakKeyDictionary[asyncio.AbstractEventLoop, EventLoop] = WeakKeyDictionary()
_ON_TRIO: RunVar[EventLoop] = RunVar("chat_core.transport.event_loops")


def running_loop() -> EventLoop:
    """Return the key of the running event loop."""
    loop = _asyncio_loop()
    if loop is not None:
        found = _ON_ASYNCIO.get(loop)
        if found is None:
            _ON_ASYNCIO[loop] = found = EventLoop(loop)
        return found
    try:
        return _ON_TRIO.get()
    except LookupError:
        found = EventLoop(None)
        _ON_TRIO.set(found)
        return found


def _asyncio_loop() -> asyncio.AbstractEventLoop | None:
    import asyncio

    try:  # where trio runs as a guest of asyncio there is a loop, but no task
        return asyncio.get_running_loop() if asyncio.current_task() is not None else None
    except RuntimeError:  # trio runs
        return None
