"""One pass over the calls of a conversation: decide about the new ones, run what may run."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import anyio

from chat_core.tools.action import Action, Defer, Execute, Reject, RequireApproval
from chat_core.tools.function import ArgumentsDoNotFit, Tool
from chat_core.tools.scoped import AnyTool, ScopedCollection, Strategy
from chat_core.types.call_status import (
    Approved,
    AwaitingApproval,
    Completed,
    Failed,
    Pending,
    Rejected,
    Running,
    Scheduled,
    ToolStatus,
    Unknown,
)
from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import as_json
from chat_core.types.messages import Messages
from chat_core.types.parts import ToolCall
from chat_core.types.request import ToolDefinition


def execute_always(call: ToolCall, meta: Mapping[str, object]) -> Action:
    """The strategy of `with_tools`."""
    return Execute()


def now() -> datetime:
    """The time by which scheduled calls are due."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ToolBox:
    """The tools of a chat by name, each with the strategy that decides about its calls."""

    tools: Mapping[str, tuple[AnyTool, Strategy]]
    clock: Callable[[], datetime] = now

    @staticmethod
    def of(collections: Iterable[ScopedCollection], clock: Callable[[], datetime] = now) -> ToolBox:
        """All tools of several collections. Raises `ConfigurationError` where two share a name."""
        tools: dict[str, tuple[AnyTool, Strategy]] = {}
        for collection in collections:
            for tool in collection.tools:
                if not _is_tool(tool):
                    raise ConfigurationError(f"{tool!r} is no tool: decorate the function with @tool")
                if tool.name in tools:
                    raise ConfigurationError(
                        f"two tools are called {tool.name!r}: rename one with @tool(name=...)"
                    )
                tools[tool.name] = (tool, collection.strategy)
        return ToolBox(tools, clock)

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """The tools as a model sees them."""
        return tuple(tool.definition for tool, _ in self.tools.values())

    async def settle(self, messages: Messages, save: Callable[[Messages], Awaitable[None]]) -> None:
        """Ask the strategies about new calls, and run all that may run, concurrently. `save` is given the conversation when they
        are about to run, as `Running`, and when they have; what it raises before keeps them from running.

        A call that is cancelled on its way is left `Unknown`: it may have had its effect. One that nobody had looked at when
        the conversation went on does not run any more.
        """
        open_calls = [call for call in messages.calls if not call.resolved]
        if not open_calls:
            return
        new = [call for call in open_calls if isinstance(call.status, Pending)]
        asked = {call.id for call in messages[-1].tool_calls}
        # all decisions before any call runs: what a strategy raises stops the lot
        decisions = [await self._decide(call) if call.id in asked else _passed_over(call) for call in new]
        for call, decision in zip(new, decisions, strict=True):
            call.status = decision
        ready = [(call, arguments) for call in open_calls if (arguments := self._arguments(call)) is not None]
        before = [call.status for call, _ in ready]
        for call, _ in ready:
            call.status = Running()
        try:
            await save(messages)
        except BaseException:
            for (call, _), status in zip(ready, before, strict=True):
                call.status = status
            raise
        if ready:
            async with anyio.create_task_group() as tasks:
                for call, arguments in ready:
                    tasks.start_soon(self._run, call, arguments)
            await save(messages)

    async def _decide(self, call: ToolCall) -> ToolStatus:
        if call.name not in self.tools:
            return self._no_such_tool(call)
        tool, strategy = self.tools[call.name]
        try:
            tool.read(call)
        except (
            ArgumentsDoNotFit
        ) as exc:  # before anybody is asked: a person should not have to approve what cannot run
            return _misfit(call, exc)
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
            case Reject(reason):
                return Rejected(reason)
            case _:
                raise ConfigurationError(
                    f"the strategy of {call.name} answered {action!r}; it has to be Execute, RequireApproval, Defer or Reject"
                )

    def _arguments(self, call: ToolCall) -> Mapping[str, object] | None:
        """What to run the call with, or None if it does not run now."""
        match call.status:
            case Approved():
                pass
            case Scheduled(until) if until <= self.clock():
                pass
            case _:
                return None
        if call.name not in self.tools:
            call.status = self._no_such_tool(call)
            return None
        try:
            return self.tools[call.name][0].read(
                call
            )  # again: a reviewer may have edited them, or the tool have changed since
        except ArgumentsDoNotFit as exc:
            call.status = _misfit(call, exc)
            return None

    async def _run(self, call: ToolCall, arguments: Mapping[str, object]) -> None:
        try:
            _finish(call, await self.tools[call.name][0].run(arguments))
        except Exception as exc:  # a tool's failure is the model's to read, not ours to raise
            call.status = Failed(f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__)
        except BaseException:
            call.status = Unknown()
            raise

    def _no_such_tool(self, call: ToolCall) -> Failed:
        return Failed(f"There is no tool {call.name!r}. There are: {', '.join(self.tools) or 'none'}.")


def _is_tool(given: object) -> bool:
    """For callers without a type checker, who would otherwise read an AttributeError."""
    return isinstance(given, Tool)


def _passed_over(call: ToolCall) -> Failed:
    return Failed(f"The conversation went on before {call.name} was run.")


def _misfit(call: ToolCall, exc: ArgumentsDoNotFit) -> Failed:
    return Failed(f"The arguments do not fit {call.name}, which was not run: {exc}")


def _finish(call: ToolCall, result: object) -> None:
    items = _listed(result)
    files = tuple(item for item in items if isinstance(item, File))
    if files:
        rest = [item for item in items if not isinstance(item, File)]
        result = rest[0] if len(rest) == 1 else rest or f"{len(files)} file(s)"
    call.status, call.files = Completed(as_json(result)), files


def _listed(result: object) -> list[object]:
    return list(cast("Sequence[object]", result)) if isinstance(result, list | tuple) else [result]
