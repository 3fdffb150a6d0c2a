"""The loop behind complete, resume and stream: model turn, tools, model turn, until there is a response or a
pause.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from chat_core.chat.at_work import AtWork
from chat_core.chat.calls import Calls, pass_over
from chat_core.chat.checkpoints import Checkpoints
from chat_core.chat.inputs import NO_INPUTS, Inputs
from chat_core.chat.retry import Answers, TurnSource
from chat_core.chat.setup import Setup as Setup
from chat_core.chat.step_tools import StepTools
from chat_core.chat.turn import ModelTurn
from chat_core.tools.pause import Cancelled, ChatEvent, Paused, PauseReason
from chat_core.types.errors import (
    ChatError,
    ConfigurationError,
    OutputMismatch,
    StepLimitReached,
    UnresolvedTool,
)
from chat_core.types.events import Done, InputDelivered, StructuredChunk, ToolCalled, ToolProgress, ToolResult
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.response import ChatResponse, Notice
from chat_core.types.run import Run
from chat_core.types.tool_call import ToolCall
from chat_core.types.usage import Usage

if TYPE_CHECKING:  # with the first call of a tool
    from chat_core.chat.progress import Background
    from chat_core.chat.tool_runner import ToolRunner
    from chat_core.types.request import ToolDefinition


async def converse(work: Work) -> AsyncGenerator[ChatEvent[ChatResponse]]:
    """Yield the events of a call, ending with one `Done`, one `Paused` or one `Cancelled`."""
    async with work, aclosing(work.all_events()) as events:
        async for event in events:
            yield event


_NOT_COUNTED = "a turn was interrupted before the provider had reported its usage: total_usage lacks it"


@dataclass(slots=True, eq=False, repr=False)
class Work:
    """One `complete`, `resume` or `stream`, which carries a conversation on inside `async with`.

    What comes as `inputs` meanwhile interrupts a turn and is answered; a stop by them ends in `Cancelled`.
    Whatever ends the block early leaves in `messages` what came, and stores it. Entering it raises
    `ConversationConflict` where another call is at work on these messages, and `ConfigurationError` where
    there is nothing to send. Where `answer` is given, it stands for `source`, which would yield one `Done`.
    """

    setup: Setup
    source: TurnSource
    run: Run
    answer: Answers | None = None
    background: Background | None = None
    inputs: Inputs = NO_INPUTS
    messages: Messages = field(init=False)
    checkpoints: Checkpoints = field(init=False)
    tools: StepTools = field(init=False)
    spent: Usage = field(default=Usage(), init=False)
    _at_work: AtWork = field(init=False)
    _runner: ToolRunner | None = field(default=None, init=False)
    response: ChatResponse | None = field(default=None, init=False)  # the last turn that came whole
    notices: list[Notice] = field(default_factory=list[Notice], init=False)
    _before: Message | None = field(default=None, init=False)  # the last one before a turn
    _partial: Message | None = field(default=None, init=False)  # the turn that inputs have just cut off

    def __post_init__(self) -> None:
        self.messages = self.run.messages
        self.checkpoints = Checkpoints(self.setup.checkpoint, self.messages)
        self.tools = StepTools(self.setup.tools, self.messages, self.run.deps)
        self._at_work = AtWork(self.messages)

    async def __aenter__(self) -> None:
        if not len(self.messages):
            raise ConfigurationError("there is nothing to send: Messages.from_user(...) first")
        self.setup.tools.check_deps(self.run.deps)
        self._at_work.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is not None:  # failed, cancelled or left
                self.inputs.end("failed" if isinstance(error, Exception) else "left")
                await self.checkpoints.save_on_the_way_out(error)
                if isinstance(error, ChatError):
                    error.usage = self.spent_until(error)
        finally:
            self._at_work.__exit__()

    def all_events(self) -> AsyncGenerator[ChatEvent[ChatResponse]]:
        """Return the events, through the middleware around the whole where there is any."""
        hooks = self.setup.hooks
        if hooks is None or not hooks.runs:
            return self.events()
        return hooks.around_run(self.run, lambda run: self.events(), self.checkpoints.save)

    async def events(self) -> AsyncGenerator[ChatEvent[ChatResponse]]:
        calls, steps = Calls(self.messages), 0
        while True:
            if calls.has_unreported:
                async with aclosing(self._tool_pass(calls)) as reports:
                    async for report in reports:
                        yield report
            if (end := await self._early_end(calls)) is not None:
                yield end
                return
            if self.inputs.are_waiting:
                steps = 0
                for delivered in await self._deliver_inputs():
                    yield delivered
            steps += 1
            offered = await self._offered(steps)
            turn = ModelTurn(self.setup, self.run, calls, offered)
            if self.answer is not None:
                await turn.whole(self.answer)
            else:
                async with aclosing(turn.events(self.source, self.inputs)) as events:
                    async for event in events:
                        yield event
            if (done := turn.done) is None:
                self._cut_off(calls)
                continue
            self._note_turn(done.response)
            if done.response.tool_calls:
                await self.checkpoints.save()
                for call in done.response.tool_calls:
                    yield ToolCalled(call)
            elif (last := await self._last_event(done.response)) is not None:
                yield last
                if isinstance(last, Done):
                    return
                steps -= 1

    async def _offered(self, steps: int) -> tuple[ToolDefinition, ...]:
        """Return the tools that the turn of the next step may call. Raises `StepLimitReached`."""
        if steps > self.setup.max_steps:
            raise StepLimitReached(self.setup.max_steps)
        return (await self.tools.of_next_turn()).definitions

    async def _tool_pass(self, calls: Calls) -> AsyncGenerator[ToolProgress | ToolResult]:
        """Decide about the open calls, run them, and yield their progress and their results.

        Where an input waits, calls that nothing has decided about do not run any more.
        """
        if self.inputs.is_cancelled:
            return
        if self.inputs.are_waiting:
            pass_over(calls.open)
        progress = self._settle(calls.open)
        passed_on = self.inputs.during_tools(progress) if self.run.streamed else progress
        async with aclosing(progress), aclosing(passed_on) as reports:
            async for report in reports:
                yield report
        for call in calls.take_resolved():
            yield ToolResult(call)

    def _settle(self, open_calls: list[ToolCall]) -> AsyncGenerator[ToolProgress]:
        from chat_core.chat.progress import Background
        from chat_core.chat.tool_runner import ToolRunner

        if self._runner is None:
            hooks = self.setup.hooks.tools if self.setup.hooks else ()
            self._runner = ToolRunner(
                self.tools, self.messages, self.checkpoints, hooks, self.run, self.inputs
            )
        return (self.background or Background()).run(partial(self._runner.settle, open_calls))

    async def _early_end(self, calls: Calls) -> Cancelled | Paused | None:
        """Return the last event where the stream was stopped, or calls wait."""
        self._before = self.messages[-1]
        if self.inputs.is_cancelled:
            self.inputs.end("cancelled")
            await self.checkpoints.save()
            cut_off = ChatResponse(self._partial) if self._partial is not None else self.response
            return Cancelled(self._with_total(cut_off or ChatResponse(Message("model", interrupted=True))))
        if waiting := [call for call in calls.open if call.waiting]:
            self.inputs.end("paused")
            return self._paused(waiting, self.response)
        return None

    async def _deliver_inputs(self) -> list[InputDelivered | StructuredChunk]:
        """Append what was sent to the conversation, and store that. Returns the events that tell it."""
        inputs = self.inputs.take()
        for sent in inputs:
            self.messages.append(sent.message)
        delivered = InputDelivered(tuple(sent.id for sent in inputs), self._partial is not None)
        self._partial = None
        await self.checkpoints.save()
        return [delivered, StructuredChunk(None)] if self.setup.output is not None else [delivered]

    def _note_turn(self, response: ChatResponse) -> None:
        self.response = response
        self.spent += response.usage

    def _cut_off(self, calls: Calls) -> None:
        """Note a turn that inputs have ended. Its calls are closed, and were not announced."""
        calls.take_resolved()
        last = self.messages[-1]
        if last.role == "model" and last is not self._before:
            self._partial = last
        if (notice := Notice("usage", _NOT_COUNTED)) not in self.notices:
            self.notices.append(notice)

    async def _last_event(self, response: ChatResponse) -> Done | StructuredChunk | None:
        """Return `Done`, or what says that the value is written anew, or None where inputs wait."""
        if self.inputs.are_waiting and not self.inputs.is_cancelled:
            return None
        finished = await self._finished(response)
        if finished is None:
            return StructuredChunk(None)
        if self.inputs.are_waiting and not self.inputs.is_cancelled:
            return None
        self.inputs.end("cancelled" if self.inputs.is_cancelled else "ended")
        return Done(finished)

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
            self.notices.append(Notice("output", f"asked again, since the answer did not fit: {error.fault}"))
            self.messages.append(correction(error.fault))
            return None
        finally:
            await self.checkpoints.save()

    def _with_total(self, response: ChatResponse) -> ChatResponse:
        notices = (*response.notices, *self.notices)
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
