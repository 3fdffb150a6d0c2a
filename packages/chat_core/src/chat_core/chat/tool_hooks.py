"""Running a tool call through the middleware around it: at most once, with arguments that fit."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chat_core.chat.run_call import Ready, run_call
from chat_core.tools.scoped import AnyTool
from chat_core.types.call_status import Failed, Running, ToolStatus
from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.misuse import is_a
from chat_core.types.run import Run
from chat_core.types.tool_call import ToolCall

if TYPE_CHECKING:
    from chat_core.middleware.hooks import ToolMiddleware

ReadArguments = Callable[[Ready], Mapping[str, object] | None]
"""Reads the arguments of a call again; where they do not fit, it puts that on the call and returns None."""


@dataclass(slots=True, eq=False, repr=False)
class HookedCall:
    """A call on its way through the middleware to its tool."""

    hooks: tuple[ToolMiddleware, ...]
    ready: Ready
    run: Run
    report: Callable[[ToolCall, JsonValue], None]
    read: ReadArguments
    entered: bool = field(default=False, init=False)
    _outcome: tuple[ToolStatus, tuple[File, ...]] | None = field(default=None, init=False)
    _arguments: bytes = field(default=b"", init=False)

    async def settle(self, before: ToolStatus) -> None:
        """Run the call, and leave it with a status that is true.

        What a middleware raises comes through. A call whose tool was not entered then has the status that it
        had before, and can still run.
        """
        call = self.ready.call
        self._arguments = _as_bytes(call.effective_arguments)
        try:
            returned = await _Step(self, 0)(call)
        except BaseException:
            if not self.entered:
                self.ready.undo_start(before)
            raise
        if returned is not call and is_a(returned, ToolCall):
            call.status, call.files = returned.status, returned.files
        if self._outcome is not None and not call.resolved:
            call.status, call.files = self._outcome  # its effect has happened: it must not run again
        if not self.entered:
            call.attempts -= 1
            if isinstance(call.status, Running):
                call.status = Failed(f"{call.name} was not run.")

    async def enter(self) -> None:
        """Run the tool, unless the middleware has changed the arguments to some that do not fit."""
        ready = self.ready
        if _as_bytes(ready.call.effective_arguments) != self._arguments:
            arguments = self.read(ready)
            if arguments is None:
                return
            ready = replace(ready, arguments=arguments)
        self.entered = True
        await run_call(ready, self.report)
        self._outcome = ready.call.status, ready.call.files


@dataclass(slots=True, eq=False, repr=False)
class _Step:
    """What a middleware is given as `run`: the next one further in, or the tool."""

    hooked: HookedCall
    at: int
    used: bool = False

    @property
    def run(self) -> Run:
        """The `complete`, `resume` or `stream` that the call belongs to."""
        return self.hooked.run

    @property
    def tool(self) -> AnyTool:
        """The tool of the call."""
        return self.hooked.ready.tool

    async def __call__(self, call: ToolCall, /) -> ToolCall:
        """Run the call. Raises `ConfigurationError` for a second time, and for another call."""
        hooked = self.hooked
        own = hooked.ready.call
        if call is not own:
            raise ConfigurationError(
                f"a middleware of tools called run(...) with another call than {own.id} of {own.name}: "
                "pass the call that it was given"
            )
        if self.used:
            raise ConfigurationError(
                f"a middleware of tools called run(call) twice for call {own.id} of {own.name}: "
                "a call runs once"
            )
        self.used = True
        if self.at == len(hooked.hooks):
            await hooked.enter()
            return call
        returned = await hooked.hooks[self.at](call, _Step(hooked, self.at + 1))
        return (
            returned if is_a(returned, ToolCall) else call
        )  # a hook that returns None leaves the call as it is


def _as_bytes(arguments: JsonObject) -> bytes:
    return marshal.dumps(arguments, 2)  # 2: later versions write references too
