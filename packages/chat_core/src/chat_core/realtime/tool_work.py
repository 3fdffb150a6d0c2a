"""The tools of a session: they run while it goes on, and what waits is answered when it has been decided."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import anyio

from chat_core.tools.pause import Paused, PauseReason
from chat_core.types.call_status import Approved, Pending, Scheduled
from chat_core.types.events import ToolProgress, ToolResult
from chat_core.types.json_values import JsonValue
from chat_core.types.tool_call import ToolCall

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from chat_core.chat.tool_runner import ToolRunner
    from chat_core.types.response import ChatResponse


@dataclass(slots=True, eq=False)
class Batch:
    """The calls of one response. `unanswered` are those whose results the server does not have yet."""

    response: ChatResponse
    unanswered: list[ToolCall]
    is_running: bool = False
    error: Exception | None = None
    has_failed: bool = False  # a strategy, a checkpoint or middleware raised in its last pass
    is_earlier: bool = False  # whether the calls were made over an earlier connection
    in_history: frozenset[str] = frozenset()  # ids of the calls whose results it was given at its beginning
    announced: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    # ids and attempts of waiting calls that a `Paused` has named: a tool may wait for a person on its way

    def take_resolved(self) -> list[ToolCall]:
        """Return the calls that are resolved and unanswered, in order; they count as answered from now on."""
        resolved = [call for call in self.unanswered if call.resolved]
        self.unanswered = [call for call in self.unanswered if not call.resolved]
        return resolved

    def paused(self) -> Paused | None:
        """Return the event of the calls that wait, unless it has been given already."""
        waiting = [call for call in self.unanswered if call.waiting]
        names = {(call.id, call.attempts) for call in waiting}
        if names <= self.announced:
            return None
        self.announced |= names
        return Paused(PauseReason.of(waiting), self.response)


News: TypeAlias = Batch | ToolProgress
"""What the tools report: that a pass over a batch has ended, or what a tool yields on its way."""


class ToolWork:
    """Runs the calls of a session in its task group, and tells `report` when a pass has ended."""

    def __init__(
        self,
        new_runner: Callable[[], ToolRunner],
        tasks: TaskGroup,
        report: Callable[[News], Coroutine[object, object, None]],
    ) -> None:
        self._new_runner = new_runner  # one for each pass: what it has read of a call may be edited since
        self._clock = new_runner().toolbox.clock
        self._tasks = tasks
        self._report = report
        self._batches: list[Batch] = []

    def start(self, response: ChatResponse) -> None:
        """Decide about the calls of a response, and run those that may run."""
        batch = Batch(response, list(response.tool_calls))
        self._batches.append(batch)
        self._run(batch)

    def resume(self, *, failed: bool = True) -> None:
        """Go on with the calls that have been decided, or whose time has come.

        `failed` says whether to try again what a strategy or a checkpoint has stopped.
        """
        for batch in self._batches:
            if batch.has_failed and not failed:
                continue
            if not batch.is_running and any(self._may_go_on(call) for call in batch.unanswered):
                self._run(batch)

    @property
    def is_running(self) -> bool:
        """Whether a tool runs, or a strategy decides."""
        return any(batch.is_running for batch in self._batches)

    def reconnected(self, answered: frozenset[str]) -> None:
        """Note that the server knows the calls so far from its history, with results those of `answered`."""
        for batch in self._batches:
            batch.is_earlier = True
            batch.in_history |= answered

    def end(self, batch: Batch) -> Iterator[ToolResult]:
        """Yield the results of a pass. A batch without open calls is forgotten."""
        batch.is_running, batch.has_failed = False, batch.error is not None
        yield from map(ToolResult, (call for call in batch.unanswered if call.resolved))
        wake = min(
            (call.status.until for call in batch.unanswered if isinstance(call.status, Scheduled)),
            default=None,
        )
        if all(call.resolved for call in batch.unanswered):
            self._batches.remove(batch)
        elif wake is not None:
            seconds = (wake - self._clock()).total_seconds()
            self._tasks.start_soon(self._resume_later, max(0.0, seconds))

    def _may_go_on(self, call: ToolCall) -> bool:
        match call.status:
            case Scheduled(until):
                return until <= self._clock()
            case Approved() | Pending():
                return True
            case _:
                return call.resolved

    def _run(self, batch: Batch) -> None:
        batch.is_running = True
        self._tasks.start_soon(self._settle, batch)

    async def _settle(self, batch: Batch) -> None:
        open_calls = [call for call in batch.unanswered if not call.resolved]
        try:
            runner = self._new_runner()
            await runner.settle(open_calls, self._progress, current={call.id for call in open_calls})
        except Exception as exc:  # of a strategy, a checkpoint or middleware: raised where events are read
            batch.error = exc
        await self._report(batch)

    async def _resume_later(self, seconds: float) -> None:
        await anyio.sleep(seconds)
        self.resume()

    def _progress(self, call: ToolCall, value: JsonValue) -> None:
        self._tasks.start_soon(self._report, ToolProgress(call, value))
