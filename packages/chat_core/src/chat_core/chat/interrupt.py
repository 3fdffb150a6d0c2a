"""Ending the wait for the next event of a generator, from another task."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import anyio
import anyio.lowlevel
import sniffio

if TYPE_CHECKING:
    import asyncio

E = TypeVar("E")


class Scope(Protocol):
    """A cancel scope."""

    def cancel(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> bool | None: ...


class Interrupt:
    """Passes events on while it is not `wanted`; `call` ends the wait for one, by any task of the loop.

    On asyncio the wait for an event of the model is ended as `asyncio.timeout` ends one, by cancelling the
    task: a cancel scope around each event would add a third to what an event costs. Elsewhere it is a scope.
    """

    def __init__(self) -> None:
        self.wanted: bool = False
        self._scope: Scope | None = None
        self._task: asyncio.Task[object] | None = None  # the task that waits
        self._cancelled: asyncio.Task[object] | None = None  # the task that was cancelled from here
        self._cancelling = 0  # cancellations of the task before it waits

    def call(self) -> None:
        """End the wait, where there is one, and pass nothing more on."""
        self.wanted = True
        if self._scope is not None:
            self._scope.cancel()
        elif self._task is not None and self._cancelled is None:
            import asyncio

            if (
                asyncio.current_task() is not self._task
            ):  # else what is waited for calls, and will see `wanted`
                self._cancelled = self._task
                self._task.cancel()

    def pass_on(self, source: AsyncGenerator[E], *, shields: bool = False) -> AsyncGenerator[E]:
        """Yield the events of a generator, until the end is wanted. The caller closes the generator.

        An event that has come is passed on in any case. `shields` says that the generator may shield what it
        does against cancellation, and that this is to be respected.
        """
        if shields or sniffio.current_async_library() != "asyncio":
            return self._in_scopes(source)
        return self._on_asyncio(source)

    async def _in_scopes(self, source: AsyncGenerator[E]) -> AsyncGenerator[E]:
        new_scope = _scopes()
        while not self.wanted:
            event: list[E] = []  # with one, unless the scope was cancelled
            with new_scope() as self._scope:
                try:
                    event.append(await anext(source))
                except StopAsyncIteration:
                    return
                finally:
                    self._scope = None
            if not event:
                return
            yield event[0]

    async def _on_asyncio(self, source: AsyncGenerator[E]) -> AsyncGenerator[E]:
        from asyncio import CancelledError, current_task, get_running_loop

        loop = get_running_loop()
        is_over = self.wanted  # a name of its own: type checkers would take `wanted` for False from here on
        if is_over:
            await anyio.lowlevel.checkpoint_if_cancelled()
            return
        try:
            task = current_task(loop)  # which would look for the loop each time
            assert task is not None
            self._task, self._cancelling = task, task.cancelling()
            async for event in source:
                self._task = None
                if self.wanted:
                    self._uncancel()
                yield event
                if self.wanted:
                    break
                task = current_task(loop)  # another one may go on
                assert task is not None
                self._task, self._cancelling = task, task.cancelling()
            else:
                return
        except CancelledError:
            cancelled = self._cancelled
            if cancelled is None or cancelled.cancelling() > self._cancelling + 1:
                raise  # the task was cancelled from outside, perhaps at the same time
        finally:
            self._task = None
            self._uncancel()
        await anyio.lowlevel.checkpoint_if_cancelled()  # a scope around it that was cancelled too

    def _uncancel(self) -> None:
        """Take back the cancellation of the task, where it has ended the wait."""
        if self._cancelled is not None:
            self._cancelled.uncancel()
            self._cancelled = None


def _scopes() -> Callable[[], Scope]:
    """Return what makes a scope: on trio its own, since anyio's around it takes half as long again."""
    if sniffio.current_async_library() != "trio":
        return anyio.CancelScope
    import trio

    return trio.CancelScope
