"""Progress of tools while they run, in the stream of their conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

import anyio

from chat_core.types.call_status import Running
from chat_core.types.events import ToolProgress
from chat_core.types.json_values import JsonValue
from chat_core.types.tool_call import ToolCall

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

Pass: TypeAlias = Callable[[Callable[[ToolCall, JsonValue], None]], Awaitable[None]]
"""A pass over tool calls: it is given the function that takes what the tools report."""


class Background:
    """Where a pass over tool calls runs beside the generator of events, which may hold no task group over a
    `yield`.

    `ChatStream` owns `tasks` for as long as its block is entered. Without tasks there is no progress.
    """

    def __init__(self) -> None:
        self.tasks: TaskGroup | None = None

    async def run(self, action: Pass) -> AsyncGenerator[ToolProgress]:
        """Run a pass, and yield the progress that its tools report to the function that `action` is given.

        Progress that the consumer has not taken is replaced by what the same call reports next, and dropped
        when the call has ended. Closing the generator cancels the pass and waits for its end.
        """
        if self.tasks is None:
            await action(_ignore)
            return
        work = _Running(action)
        self.tasks.start_soon(work.run)
        try:
            while (progress := await work.next()) is not None:
                yield progress
        finally:
            work.scope.cancel()
            with anyio.CancelScope(shield=True):
                await work.ended.wait()
        if work.error is not None:
            raise work.error


def _ignore(call: ToolCall, value: JsonValue) -> None:
    """Drop progress: without a stream there is no place for it."""


class _Running:
    """A pass in a task of its own."""

    def __init__(self, action: Pass) -> None:
        self.action = action
        self.scope = anyio.CancelScope()
        self.ended = anyio.Event()
        self.error: Exception | None = None
        self._news = anyio.Event()
        self._latest: dict[str, ToolProgress] = {}

    async def run(self) -> None:
        try:
            with self.scope:
                await self.action(self._report)
        except Exception as exc:  # it is raised where the events are read
            self.error = exc
        finally:
            self.ended.set()
            self._news.set()

    async def next(self) -> ToolProgress | None:
        """Return the oldest progress that was not taken of a call that still runs, or None at the end of the
        pass.
        """
        while True:
            while self._latest:
                progress = self._latest.pop(next(iter(self._latest)))
                if isinstance(progress.call.status, Running):
                    return progress
            if self.ended.is_set():
                return None
            self._news = anyio.Event()
            await self._news.wait()

    def _report(self, call: ToolCall, value: JsonValue) -> None:
        self._latest[call.id] = ToolProgress(call, value)
        self._news.set()
