"""One pass over the open calls of a conversation: decide about the new ones, run those that may run."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import anyio

from chat_core.chat.calls import passed_over
from chat_core.chat.checkpoints import Checkpoints
from chat_core.chat.run_call import Ready, groups, is_to_go_on, run_call
from chat_core.chat.step_tools import StepTools
from chat_core.chat.toolbox import ToolBox
from chat_core.tools.action import Defer, Execute, External, Reject, RequireApproval
from chat_core.tools.arguments import ArgumentsDoNotFit
from chat_core.tools.context import ToolContext
from chat_core.tools.needs_input import refuse_misfit
from chat_core.tools.scoped import AnyTool, Strategy
from chat_core.types.call_status import (
    Approved,
    AwaitingApproval,
    AwaitingResult,
    Failed,
    Pending,
    Rejected,
    Scheduled,
    ToolStatus,
)
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonValue
from chat_core.types.messages import Messages
from chat_core.types.run import Run
from chat_core.types.tool_call import ToolCall, attach_check

if TYPE_CHECKING:
    from chat_core.chat.inputs import Inputs
    from chat_core.middleware.hooks import ToolMiddleware

Report: TypeAlias = Callable[[ToolCall, JsonValue], None]
"""Takes what a call's tool yields on its way."""

_logger = logging.getLogger("chat_core")


@dataclass(slots=True)
class ToolRunner:
    """The tool passes of one `complete`, `resume` or `stream`."""

    tools: StepTools
    messages: Messages
    checkpoints: Checkpoints
    hooks: tuple[ToolMiddleware, ...] = ()
    run: Run | None = None
    inputs: Inputs | None = None
    _new: Set[str] = frozenset()
    _read: dict[str, Mapping[str, object]] = field(default_factory=dict[str, Mapping[str, object]])

    @property
    def toolbox(self) -> ToolBox:
        """What holds for the tools of all turns: the clock, the key, and whether edits are shown."""
        return self.tools.toolbox

    async def settle(
        self, open_calls: Sequence[ToolCall], report: Report, *, current: Set[str] | None = None
    ) -> None:
        """Let the strategies decide about new calls, and run all that may run.

        The conversation is stored before calls run, as `Running`, and after each result. What the checkpoint
        raises before keeps them from running. A call that is cancelled on its way is left `Unknown`: it may
        have had its effect. One that nothing had decided about when the conversation went on does not run any
        more: by default those of other messages than the last; `current` are the ids that may run.
        """
        if not open_calls:
            return
        if current is None:
            current = {call.id for call in self.messages[-1].tool_calls}
        new = [call for call in open_calls if isinstance(call.status, Pending)]
        self._new = {call.id for call in new}
        await self._decide_all(new, current)
        ready = [one for call in open_calls if (one := await self._ready(call)) is not None]
        for group in groups(ready):
            if going := [one for one in group if not self._passes_over(one)]:
                await self._run_group(going, report)
        await self.checkpoints.save()

    async def _decide_all(self, calls: Sequence[ToolCall], current: Set[str]) -> None:
        """Decide about all calls before any of them runs: what a strategy raises stops the lot.

        A call that somebody else has decided about while a strategy was waiting keeps that decision.
        """
        decisions = [
            (call, await self._decide(call) if call.id in current else passed_over(call)) for call in calls
        ]
        for call, decision in decisions:
            if isinstance(call.status, Pending):
                call.status = decision
                self._seal(call)

    async def _decide(self, call: ToolCall) -> ToolStatus:
        toolbox = await self.tools.of_call(call)
        found = toolbox.find(call.name)
        if found is None:
            return toolbox.no_such_tool(call)
        tool, strategy = found
        try:  # before the strategy: a call that cannot run needs no approval
            self._read[call.id] = tool.read(call, self._context(call))
        except ArgumentsDoNotFit as exc:
            return _misfit(call, exc)
        attach_check(call, tool.arguments_fault)
        return await _decision(call, tool, strategy)

    def _seal(self, call: ToolCall) -> None:
        if self.toolbox.key is not None and not call.resolved:
            self.toolbox.key.seal(call)

    def _refused(self, call: ToolCall) -> bool:
        """Whether the approval of a call does not hold. The call then waits for another one."""
        if self.toolbox.key is None:
            return False
        fault = self.toolbox.key.fault(call, self.toolbox.clock())
        if fault is None:
            return False
        _logger.warning("the approval of call %s of %s is refused: %s", call.id, call.name, fault)
        call.edited = call.approved_by = call.expires = None
        call.status = AwaitingApproval(f"The approval was refused: {fault}.")
        self._seal(call)
        return True

    async def _ready(self, call: ToolCall) -> Ready | None:
        """Return the call with its tool and arguments, or None if it does not run now."""
        match call.status:
            case Approved():
                pass
            case Scheduled(until) if until <= self.toolbox.clock():
                pass
            case _:
                return None
        if self._refused(call):
            return None
        if refuse_misfit(call):
            self._seal(call)
            return None
        toolbox = await self.tools.of_call(call)
        found = toolbox.find(call.name)
        if found is None:
            call.status = toolbox.no_such_tool(call)
            return None
        tool, _ = found
        arguments = self._read.pop(
            call.id, None
        )  # read in this pass already, unless a reviewer has decided since
        try:
            if arguments is None:
                arguments = tool.read(call, self._context(call))
        except ArgumentsDoNotFit as exc:
            call.status = _misfit(call, exc)
            return None
        call.edit_shown = call.edited is not None and self.toolbox.show_edits
        return Ready(call, tool, arguments)

    def _passes_over(self, one: Ready) -> bool:
        """Close a call that is new in this pass, and not begun, where an input waits. What runs goes on."""
        if self.inputs is None or not self.inputs.are_waiting or one.call.id not in self._new:
            return False
        one.call.status = passed_over(one.call)
        return True

    def _context(self, call: ToolCall) -> ToolContext[object]:
        return ToolContext(call, self.tools.deps, call.attempts + 1, self.messages)

    async def _run_group(self, group: Sequence[Ready], report: Report) -> None:
        """Run calls side by side, at most as many of one tool as it allows."""
        before = [one.call.status for one in group]
        limited = [one for one in group if one.tool.max_concurrency is not None]
        at_once = [one for one in group if one.tool.max_concurrency is None]
        for one in at_once:
            self._start(one)
        try:
            await self.checkpoints.save()
        except BaseException:
            for one, status in zip(group, before, strict=True):
                self._undo_start(one, status)
            raise
        failures: list[BaseException] = []
        limits = {one.tool: anyio.Semaphore(one.tool.max_concurrency or 1) for one in limited}
        async with anyio.create_task_group() as tasks:
            for one, status in zip(group, before, strict=True):
                tasks.start_soon(self._run_one, one, status, limits.get(one.tool), report, failures)
        if failures:
            raise failures[0]

    async def _run_one(
        self,
        one: Ready,
        before: ToolStatus,
        limit: anyio.Semaphore | None,
        report: Report,
        failures: list[BaseException],
    ) -> None:
        """Run a call, and store its outcome.

        A checkpoint or a middleware that fails does not stop the others; it is raised after them.
        """
        if limit is None:
            await self._run_through(one, before, report, failures)
            self._seal(one.call)  # where it waits for a person again
            await self._save_into(failures)
            return
        async with limit:
            if self._passes_over(one):
                return
            before = one.call.status
            self._start(one)
            if not await self._save_into(failures):
                self._undo_start(one, before)
                return
            await self._run_through(one, before, report, failures)
            self._seal(one.call)  # where it waits for a person again
            await self._save_into(failures)

    async def _run_through(
        self, one: Ready, before: ToolStatus, report: Report, failures: list[BaseException]
    ) -> None:
        """Run a call, through the middleware around tool calls where there is any."""
        if not self.hooks:
            await run_call(one, report)
            return
        from chat_core.chat.tool_hooks import HookedCall

        run = self.run or Run(self.messages, deps=self.tools.deps)
        try:
            await HookedCall(self.hooks, one, run, report, self._read_again).settle(before)
        except BaseException as exc:
            if not isinstance(exc, Exception) and is_to_go_on(exc):
                raise
            failures.append(exc)

    def _read_again(self, one: Ready) -> Mapping[str, object] | None:
        try:
            return one.tool.read(one.call, self._context(one.call))
        except ArgumentsDoNotFit as exc:
            one.call.status = _misfit(one.call, exc)
            return None

    def _start(self, one: Ready) -> None:
        one.start()
        self._seal(one.call)

    def _undo_start(self, one: Ready, before: ToolStatus) -> None:
        one.undo_start(before)
        self._seal(one.call)

    async def _save_into(self, failures: list[BaseException]) -> bool:
        try:
            await self.checkpoints.save()
        except Exception as exc:
            failures.append(exc)
            return False
        return True


async def _decision(call: ToolCall, tool: AnyTool, strategy: Strategy) -> ToolStatus:
    action = strategy(call, tool.meta)
    if inspect.isawaitable(action):
        action = await action
    match action:
        case Execute():
            return Approved()
        case RequireApproval(note):
            return AwaitingApproval(note)
        case Defer(until):
            return Scheduled(until)
        case External(note):
            return AwaitingResult(note)
        case Reject(reason):
            return Rejected(reason)
        case _:
            raise ConfigurationError(
                f"the strategy of {call.name} returned {action!r}; "
                "it has to be Execute, RequireApproval, Defer, External or Reject"
            )


def _misfit(call: ToolCall, exc: ArgumentsDoNotFit) -> ToolStatus:
    """Return the status of a call whose arguments do not fit: a reviewer's go back to the reviewer, a model's
    to the model.
    """
    if call.edited is None:
        return Failed(f"The arguments do not fit {call.name}, which was not run: {exc}")
    call.edited, call.approved_by = None, None
    return AwaitingApproval(f"The edited arguments do not fit {call.name}, which was not run: {exc}")
