"""One model turn, committed to the conversation whole, or as far as it came."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from chat_core.chat.calls import Calls
from chat_core.chat.inputs import Inputs
from chat_core.chat.partial_turn import interrupted
from chat_core.chat.retry import Answers, TurnSource
from chat_core.chat.setup import Setup
from chat_core.chat.snapshots import Snapshots
from chat_core.types.errors import ChatError, StreamTruncated
from chat_core.types.events import Done, StructuredChunk, TextChunk, TurnEvent
from chat_core.types.message import Message, Turn, parts_of
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions
from chat_core.types.request import ChatRequest, ToolDefinition, once
from chat_core.types.response import ChatResponse
from chat_core.types.run import Run


@dataclass(slots=True, eq=False, repr=False)
class ModelTurn:
    """One turn of the model. `tools` are those that it may call in it; `run` has the conversation.

    Where it fails, is cancelled or left, what came of it is in the conversation, marked interrupted.
    """

    setup: Setup
    run: Run
    calls: Calls
    tools: tuple[ToolDefinition, ...]
    done: Done | None = field(default=None, init=False)
    """The whole turn, once its message is in the conversation."""

    async def whole(self, answer: Answers) -> None:
        """Have the model take its turn, without events."""
        request = turn_request(self.setup, self.run.messages, self.tools, self.run)
        try:
            response = await answer(request, self.setup.retry)
        except BaseException as error:
            self._keep(_arrived([], error))
            raise
        self.calls.commit(response.message)
        self.done = Done(response)

    async def events(self, source: TurnSource, inputs: Inputs) -> AsyncGenerator[TurnEvent | StructuredChunk]:
        """Yield the events of the turn but for `Done`. Where `inputs` end it, it is not `done`."""
        setup = self.setup
        request = turn_request(setup, self.run.messages, self.tools, self.run)
        snapshots = setup.output.snapshots() if setup.output and setup.snapshots else None
        seen: list[TurnEvent] = []
        done: Done | None = None
        try:
            turn = source(request, setup.retry)
            passed_on = inputs.during_turn(turn) if self.run.streamed else turn
            async with aclosing(turn), aclosing(passed_on) as events:
                async for event in events:
                    if isinstance(event, Done):
                        done = event
                        inputs.keep_turn()
                        continue
                    seen.append(event)
                    yield event
                    if snapshots and (snapshot := _snapshot(snapshots, event)) is not None:
                        yield snapshot
            if done is None:
                _check_interrupted(inputs, seen)
                self._keep(interrupted(seen) if seen else None)
                return
            if snapshots and (value := snapshots.rest()) is not None:
                yield StructuredChunk(value)
        except BaseException as error:
            self._keep(done.response.message if done is not None else _arrived(seen, error))
            raise
        self.calls.commit(done.response.message)
        self.done = done

    def _keep(self, message: Message | None) -> None:
        """Put what came of a turn that is not whole into the conversation."""
        if message is not None:
            self.calls.commit(message)


def _check_interrupted(inputs: Inputs, seen: list[TurnEvent]) -> None:
    """Raise `StreamTruncated` where a turn has ended without `Done`, and no input has ended it."""
    if not inputs.interrupts:
        partial = ChatResponse(interrupted(seen))
        raise StreamTruncated("the provider's turn ended without Done", partial=partial)


def _snapshot(snapshots: Snapshots, event: TurnEvent) -> StructuredChunk | None:
    """Return the typed value so far, where an event has brought more of it."""
    if not isinstance(event, TextChunk) or event.aside:
        return None
    value = snapshots.feed(event.text)
    return None if value is None else StructuredChunk(value)


def turn_request(
    setup: Setup, messages: Messages, tools: tuple[ToolDefinition, ...], run: Run | None = None
) -> ChatRequest:
    """Return the request for the turn that follows the conversation as it stands."""
    schema = setup.output.schema if setup.output else None
    return ChatRequest(messages, tools, _options(setup, messages), schema, once, run)


def _options(setup: Setup, messages: Messages) -> ChatOptions:
    if setup.options.tool_choice in (None, "auto", "none"):
        return setup.options
    from chat_core.chat.output_retry import is_correction

    last = messages[-1]
    if last.role == "model" or is_correction(last):  # the model has had its forced turn
        return replace(setup.options, tool_choice=None)
    return setup.options


def _arrived(seen: list[TurnEvent], error: BaseException) -> Message | None:
    """Return what there is of a turn that failed.

    That is what its events began; without events, what the client put on the error, such as the id of work in
    the background, or the first part of a turn of several requests.
    """
    partial = error.partial if isinstance(error, ChatError) else None
    if partial is not None and not isinstance(error, StreamTruncated):
        message = partial.message
        if parts_of(message) or (message.turn is not None and message.turn.id):
            message.interrupted = True
            return message
    if not seen:
        return None
    message = interrupted(seen)
    if partial is not None and isinstance(error, StreamTruncated) and not error.retryable:
        message.turn = Turn(id=partial.id)  # the provider may go on with it, and it can be found by its id
    return message
