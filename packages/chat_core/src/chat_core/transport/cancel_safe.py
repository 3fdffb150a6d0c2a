"""A task of its own for what must not be torn: on asyncio, a second cancellation goes through every shield.

httpcore frees its connections under an anyio shield. A native `task.cancel()` that arrives meanwhile interrupts it there, and
the connection stays taken for good. So the work runs in a task that nobody else knows. It is cancelled by an anyio scope,
which keeps to the shields, and whoever waits for it waits until it has ended. On trio shields hold, and none of this is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeVar

from anyio import CancelScope

T = TypeVar("T")
Head = TypeVar("Head")

_ENOUGH = 256 * 1024  # bytes that may wait for a slow reader before the server has to


async def sheltered(work: Callable[[], Awaitable[T]]) -> T:
    """Await `work()`. However often the caller is cancelled, the work is cancelled once, and has ended when this returns."""
    if not _on_asyncio():
        return await work()
    shelter = _Shelter(work)
    try:
        return await shelter.result()
    finally:
        await shelter.end()


@asynccontextmanager
async def sheltered_stream(
    source: AbstractAsyncContextManager[tuple[Head, AsyncGenerator[bytes]]],
) -> AsyncGenerator[tuple[Head, AsyncGenerator[bytes]]]:
    """Give what `source` gives, a head and the chunks after it, but enter, iterate and leave `source` in shelter.

    Chunks that arrived at once come joined. Leaving ends the source wherever it is, and waits until it has ended.
    """
    if not _on_asyncio():
        async with source as (head, chunks):
            yield head, chunks
        return
    shelter = _StreamShelter(source)
    try:
        yield await shelter.head(), shelter.chunks()
    finally:
        await shelter.end()


def _on_asyncio() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:  # no asyncio loop runs in this thread
        return False


class _Shelter(Generic[T]):
    """One task, and the one reader who waits for news of it."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._scope = CancelScope()
        self._awaited: asyncio.Future[None] | None = None
        self._task = asyncio.create_task(self._run(work))
        self._task.add_done_callback(self._tell)

    async def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            with self._scope:
                return await work()
            raise asyncio.CancelledError  # the scope swallowed one: what was cancelled has no result
        finally:
            self._tell()  # the task has ended by the time the reader hears of it, a turn of the loop before its callbacks run

    async def result(self) -> T:
        """What the work gives, or raises."""
        while await self._news():
            pass
        return self._task.result()

    async def end(self) -> None:
        """Cancel the work, unless it has ended, and wait until it has, however often the waiting is cancelled."""
        cancelled: asyncio.CancelledError | None = None
        if not self._task.done():
            self._scope.cancel()
            with CancelScope(
                shield=True
            ):  # a cancelled scope around the reader would wake it in every turn of the loop
                while not self._task.done():
                    try:
                        await self._told()
                    except asyncio.CancelledError as exc:
                        cancelled = exc
        if not self._task.cancelled():
            self._task.exception()  # it was raised in the reader, or the reader had left: asyncio need not report it
        if cancelled is not None:
            raise cancelled

    async def _news(self) -> bool:
        """Wait for news. False once the work has ended well; raises what else ended it."""
        if self._task.done():
            self._task.result()
            return False
        await self._told()
        return True

    def _told(self) -> asyncio.Future[None]:
        self._awaited = asyncio.get_running_loop().create_future()
        return self._awaited

    def _tell(self, _: object = None) -> None:
        if self._awaited is not None:
            if not self._awaited.done():  # else the reader was cancelled while it waited
                self._awaited.set_result(None)
            self._awaited = None


class _StreamShelter(_Shelter[None], Generic[Head]):
    """A shelter whose work is to enter, iterate and leave a source, for a reader who follows at their own pace."""

    def __init__(self, source: AbstractAsyncContextManager[tuple[Head, AsyncGenerator[bytes]]]) -> None:
        self._source = source
        self._heads: list[Head] = []
        self._arrived: list[bytes] = []
        self._size = 0
        self._room: asyncio.Future[None] | None = None
        super().__init__(self._fill)

    async def head(self) -> Head:
        """The head, once it is there."""
        while not self._heads:
            await self._news()
        return self._heads[0]

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The chunks, until the source ends. A source that fails does so after the chunks before the failure were read."""
        while True:
            if self._arrived:
                chunk = b"".join(self._arrived)
                self._arrived.clear()
                self._size = 0
                if self._room is not None and not self._room.done():
                    self._room.set_result(None)
                yield chunk
            elif not await self._news():
                return

    async def _fill(self) -> None:
        async with self._source as (head, chunks):
            self._heads.append(head)
            self._tell()
            async for chunk in chunks:
                self._arrived.append(chunk)
                self._size += len(chunk)
                if self._awaited is not None:
                    self._tell()
                if self._size >= _ENOUGH:
                    self._room = asyncio.get_running_loop().create_future()
                    await self._room
