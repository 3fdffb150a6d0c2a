"""Progress of tools while they run, in the stream of their conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup

from chat_core.types.call_status import Running
from chat_core.types.events import ToolProgress
from chat_core.types.json_values import JsonValue
from chat_core.types.tool_call import ToolCall


@dataclass(slots=True)
class Background:
    """Where a pass over tool calls runs beside the generator of events, which may hold no task group over a
    `yield`.

    `ChatStream` owns `tasks` for as long as its block is entered. Without tasks there is no progress.
    """

    tasks: TaskGroup | None = None

    async def run(
        self, action: Callable[[Callable[[ToolCall, JsonValue], None]], Awaitable[None]]
    ) -> AsyncGenerator[ToolProgress]:
        """Run a pass, and yield the progress that its tools report to the function that `action` is given.

        Progress that the consumer has not taken is replaced by what the same call reports next, and dropped
        when the call has ended. Closing the generator cancels the pass and waits for its end.
        """
        if self.tasks is None:
            await action(_ignore)
            return
        work = _Pass(action)
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
    """Drop progress: nobody can see it."""


@dataclass(slots=True)
class _Pass:
    """A pass in a task of its own."""

    action: Callable[[Callable[[ToolCall, JsonValue], None]], Awaitable[None]]
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    ended: anyio.Event = field(default_factory=anyio.Event)
    error: Exception | None = None
    _news: anyio.Event = field(default_factory=anyio.Event)
    _latest: dict[str, ToolProgress] = field(default_factory=dict[str, ToolProgress])

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
