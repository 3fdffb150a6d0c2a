"""The loop behind complete, resume and stream: model turn, tools, model turn, until there is a response or a
pause.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from chat_core.chat.at_work import AtWork
from chat_core.chat.calls import Calls
from chat_core.chat.checkpoints import Checkpoints
from chat_core.chat.retry import TurnSource
from chat_core.chat.setup import Setup as Setup
from chat_core.chat.step_tools import StepTools
from chat_core.chat.turn import model_turn
from chat_core.tools.pause import ChatEvent, Paused, PauseReason
from chat_core.types.errors import (
    ChatError,
    ConfigurationError,
    OutputMismatch,
    StepLimitReached,
    UnresolvedTool,
)
from chat_core.types.events import Done, StructuredChunk, ToolCalled, ToolProgress, ToolResult
from chat_core.types.messages import Messages
from chat_core.types.response import ChatResponse, Notice
from chat_core.types.run import Run
from chat_core.types.tool_call import ToolCall
from chat_core.types.usage import Usage

if TYPE_CHECKING:  # with the first call of a tool
    from chat_core.chat.progress import Background
    from chat_core.chat.tool_runner import ToolRunner
    from chat_core.provider import Provider


async def converse(
    setup: Setup,
    source: TurnSource,
    messages: Messages,
    deps: object = None,
    background: Background | None = None,
    *,
    provider: Provider | None = None,
    streamed: bool = False,
) -> AsyncGenerator[ChatEvent[ChatResponse]]:
    """Carry the conversation on, ending with one `Done` or one `Paused`.

    Whatever ends it early leaves in `messages` what came, and stores it. Raises `ConversationConflict` where
    another call is at work on these messages. `provider` is what middleware reads of the client, and
    `streamed` of the call.
    """
    if not len(messages):
        raise ConfigurationError("there is nothing to send: Messages.from_user(...) first")
    setup.tools.check_deps(deps)
    with AtWork(messages):
        work = _Work(setup, source, Run(messages, provider, deps, streamed), background)
        try:
            async with aclosing(work.all_events()) as events:
                async for event in events:
                    yield event
        except BaseException as error:  # failed, cancelled or left
            await work.checkpoints.save_on_the_way_out(error)
            if isinstance(error, ChatError):
                error.usage = work.spent_until(error)
            raise


@dataclass(slots=True, eq=False, repr=False)
class _Work:
    """One `complete`, `resume` or `stream`."""

    setup: Setup
    source: TurnSource
    run: Run
    background: Background | None
    messages: Messages = field(init=False)
    checkpoints: Checkpoints = field(init=False)
    tools: StepTools = field(init=False)
    spent: Usage = field(default=Usage(), init=False)
    _runner: ToolRunner | None = field(default=None, init=False)
    corrected: list[Notice] = field(default_factory=list[Notice], init=False)  # answers that did not fit

    def __post_init__(self) -> None:
        self.messages = self.run.messages
        self.checkpoints = Checkpoints(self.setup.checkpoint, self.messages)
        self.tools = StepTools(self.setup.tools, self.messages, self.run.deps)

    def all_events(self) -> AsyncGenerator[ChatEvent[ChatResponse]]:
        """Return the events, through the middleware around the whole where there is any."""
        hooks = self.setup.hooks
        if hooks is None or not hooks.runs:
            return self.events()
        return hooks.around_run(self.run, lambda run: self.events(), self.checkpoints.save)

    async def events(self) -> AsyncGenerator[ChatEvent[ChatResponse]]:
        calls = Calls(self.messages)
        response: ChatResponse | None = None
        for step in count(1):
            if calls.has_unreported:
                async with aclosing(self._settle(calls.open)) as reports:
                    async for progress in reports:
                        yield progress
                for call in calls.take_resolved():
                    yield ToolResult(call)
                if waiting := [call for call in calls.open if call.waiting]:
                    yield self._paused(waiting, response)
                    return
            if step - len(self.corrected) > self.setup.max_steps:
                raise StepLimitReached(self.setup.max_steps)
            offered = (await self.tools.of_next_turn()).definitions
            turn = model_turn(self.setup, self.source, self.run, calls, offered)
            async with aclosing(turn) as events:
                async for event in events:
                    if isinstance(event, Done):
                        response = event.response
                    else:
                        yield event
            assert response is not None
            self.spent += response.usage
            if not response.tool_calls:
                finished = await self._finished(response)
                if finished is not None:
                    yield Done(finished)
                    return
                yield StructuredChunk(None)  # the value begins anew
                continue
            await self.checkpoints.save()
            for call in response.tool_calls:
                yield ToolCalled(call)

    def _settle(self, open_calls: list[ToolCall]) -> AsyncGenerator[ToolProgress]:
        """Decide about calls and run them, and yield their progress."""
        from chat_core.chat.progress import Background
        from chat_core.chat.tool_runner import ToolRunner

        if self._runner is None:
            hooks = self.setup.hooks.tools if self.setup.hooks else ()
            self._runner = ToolRunner(self.tools, self.messages, self.checkpoints, hooks, self.run)
        return (self.background or Background()).run(partial(self._runner.settle, open_calls))

    def _paused(self, waiting: list[ToolCall], response: ChatResponse | None) -> Paused:
        if not self.setup.may_pause:
            raise UnresolvedTool(tuple(waiting))
        turn = response or _turn_that_called_tools(self.messages)
        return Paused(PauseReason.of(waiting), self._with_total(turn))

    async def _finished(self, response: ChatResponse) -> ChatResponse | None:
        """Return the last response, typed where a type is wanted; the conversation is stored in any case.

        None where it does not fit and the model is to write it again: what does not fit is then in
        `messages`.
        """
        response = self._with_total(response)
        # for an action of the application's, so it has no value yet
        waits = response.finish_reason == "tool_calls"
        try:
            return response if self.setup.output is None or waits else self.setup.output.typed(response)
        except OutputMismatch as error:
            from chat_core.chat.output_retry import correction, retries_used

            if retries_used(self.messages) >= self.setup.output_retries:
                raise
            self.corrected.append(
                Notice("output", f"asked again, since the answer did not fit: {error.fault}")
            )
            self.messages.append(correction(error.fault))
            return None
        finally:
            await self.checkpoints.save()

    def _with_total(self, response: ChatResponse) -> ChatResponse:
        notices = (*response.notices, *self.corrected)
        return ChatResponse(response.message, notices, response.raw, self.spent)

    def spent_until(self, error: ChatError) -> Usage:
        """Return the usage of all turns, and of the one that failed as far as it is known."""
        return self.spent + error.partial.usage if error.partial is not None else self.spent


def _turn_that_called_tools(messages: Messages) -> ChatResponse:
    """Return the turn of waiting calls, where it came before a restart."""
    for at in range(len(messages) - 1, -1, -1):
        if messages[at].role == "model" and messages[at].tool_calls:
            return ChatResponse(messages[at])
    raise AssertionError("waiting calls belong to a message")
