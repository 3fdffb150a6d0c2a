"""Ending the wait for the next event of a generator, from another task."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.lowlevel
import sniffio

if TYPE_CHECKING:
    import asyncio

E = TypeVar("E")


class Interrupt:
    """Passes events on while it is not `wanted`; `call` ends the wait for one, by any task of the loop.

    On asyncio the wait for an event of the model is ended as `asyncio.timeout` ends one, by cancelling the
    task: a cancel scope around each event would add a third to what an event costs. Elsewhere it is a scope.
    """

    def __init__(self) -> None:
        self.wanted: bool = False
        self._scope: anyio.CancelScope | None = None
        self._task: asyncio.Task[object] | None = None  # the task that waits
        self._is_cancelled = False  # the task was cancelled from here

    def call(self) -> None:
        """End the wait, where there is one, and pass nothing more on."""
        self.wanted = True
        if self._scope is not None:
            self._scope.cancel()
        elif self._task is not None and not self._is_cancelled:
            import asyncio

            if (
                asyncio.current_task() is not self._task
            ):  # else what is waited for calls, and will see `wanted`
                self._is_cancelled = True
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
        while not self.wanted:
            event: list[E] = []  # with one, unless the scope was cancelled
            with anyio.CancelScope() as self._scope:
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
        from asyncio import CancelledError, current_task

        while not self.wanted:
            self._task = task = current_task()
            assert task is not None
            cancelling = task.cancelling()
            try:
                event = await anext(source)
            except StopAsyncIteration:
                return
            except CancelledError:
                if not self._is_cancelled or task.cancelling() > cancelling + 1:
                    raise  # by somebody else, or by somebody else too
                break
            finally:
                self._task = None
                if self._is_cancelled:
                    self._is_cancelled = False
                    task.uncancel()
            yield event
        await anyio.lowlevel.checkpoint_if_cancelled()  # a scope around it that was cancelled too
