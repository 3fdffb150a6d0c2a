"""Work that is cancelled as a whole: on asyncio, a second cancellation goes through every shield.

httpcore frees its connections under an anyio shield. A native `task.cancel()` that arrives meanwhile
interrupts it there, and the connection stays taken for good. So the work runs in a task that nobody else
knows. It is cancelled by an anyio scope, which respects the shields, and whoever waits for it waits until it
has ended. On trio shields hold, and none of this is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeVar

from anyio import CancelScope

T = TypeVar("T")
Head = TypeVar("Head")

_BUFFERED = 256 * 1024  # bytes that may wait for a slow reader before the server has to


async def run_cancel_safe(work: Callable[[], Awaitable[T]]) -> T:
    """Await `work()`.

    However often the caller is cancelled, the work is cancelled once, and has ended when this returns.
    """
    if not _on_asyncio():
        return await work()
    worker = _Worker(work)
    try:
        return await worker.result()
    finally:
        await worker.end()


@asynccontextmanager
async def stream_cancel_safe(
    source: AbstractAsyncContextManager[tuple[Head, AsyncGenerator[bytes]]],
) -> AsyncGenerator[tuple[Head, AsyncGenerator[bytes]]]:
    """Give what `source` gives, a head and the chunks after it, but enter, iterate and leave `source` in a
    task of its own.

    Chunks that arrived at once come joined. Leaving ends the source wherever it is, and waits until it has
    ended.
    """
    if not _on_asyncio():
        async with source as (head, chunks):
            yield head, chunks
        return
    worker = _StreamWorker(source)
    try:
        yield await worker.head(), worker.chunks()
    finally:
        await worker.end()


def _on_asyncio() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:  # no asyncio loop runs in this thread
        return False


class _Worker(Generic[T]):
    """One task, and the one reader who waits for it."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._scope = CancelScope()
        self._awaited: asyncio.Future[None] | None = None
        self._task = asyncio.create_task(self._run(work))
        self._task.add_done_callback(self._wake)

    async def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            with self._scope:
                return await work()
            raise asyncio.CancelledError  # the scope swallowed one: what was cancelled has no result
        finally:
            # the reader continues in the same turn of the loop, one before the task's callbacks run
            self._wake()

    async def result(self) -> T:
        """Return what the work returns, or raise what it raises."""
        while await self._changed():
            pass
        return self._task.result()

    async def end(self) -> None:
        """Cancel the work, unless it has ended, and wait until it has, however often the waiting is
        cancelled.
        """
        cancelled: asyncio.CancelledError | None = None
        if not self._task.done():
            self._scope.cancel()
            with CancelScope(
                shield=True
            ):  # a cancelled scope around the reader would wake it in every turn of the loop
                while not self._task.done():
                    try:
                        await self._woken()
                    except asyncio.CancelledError as exc:
                        cancelled = exc
        if not self._task.cancelled():
            # it was raised in the reader, or the reader had left: asyncio need not report it
            self._task.exception()
        if cancelled is not None:
            raise cancelled

    async def _changed(self) -> bool:
        """Wait for a change. Return False once the work has ended well; raises what else ended it."""
        if self._task.done():
            self._task.result()
            return False
        await self._woken()
        return True

    def _woken(self) -> asyncio.Future[None]:
        self._awaited = asyncio.get_running_loop().create_future()
        return self._awaited

    def _wake(self, _: object = None) -> None:
        if self._awaited is not None:
            if not self._awaited.done():  # else the reader was cancelled while it waited
                self._awaited.set_result(None)
            self._awaited = None


class _StreamWorker(_Worker[None], Generic[Head]):
    """A worker that enters, iterates and leaves a source, for a reader who follows at their own pace."""

    def __init__(self, source: AbstractAsyncContextManager[tuple[Head, AsyncGenerator[bytes]]]) -> None:
        self._source = source
        self._heads: list[Head] = []
        self._arrived: list[bytes] = []
        self._size = 0
        self._room: asyncio.Future[None] | None = None
        super().__init__(self._fill)

    async def head(self) -> Head:
        """Return the head, once it is there."""
        while not self._heads:
            await self._changed()
        return self._heads[0]

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yield the chunks until the source ends. A failure is raised after the chunks before it."""
        while True:
            if self._arrived:
                chunk = b"".join(self._arrived)
                self._arrived.clear()
                self._size = 0
                if self._room is not None and not self._room.done():
                    self._room.set_result(None)
                yield chunk
            elif not await self._changed():
                return

    async def _fill(self) -> None:
        async with self._source as (head, chunks):
            self._heads.append(head)
            self._wake()
            async for chunk in chunks:
                self._arrived.append(chunk)
                self._size += len(chunk)
                if self._awaited is not None:
                    self._wake()
                if self._size >= _BUFFERED:
                    self._room = asyncio.get_running_loop().create_future()
                    await self._room
