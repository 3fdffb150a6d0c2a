"""The loop behind complete, resume and stream: model turn, tools, model turn, until there is an answer or a pause."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeAlias

from chat_core.chat.partial_turn import interrupted
from chat_core.chat.retry import RetryPolicy, TurnSource
from chat_core.chat.structured import OutputType, Snapshots, without_asides
from chat_core.chat.tool_runner import ToolBox
from chat_core.tools.pause import ChatEvent, Paused, PauseReason
from chat_core.types.call_ids import CallIds
from chat_core.types.call_status import Failed, Pending
from chat_core.types.errors import (
    ChatError,
    ConfigurationError,
    StepLimitReached,
    StreamTruncated,
    UnresolvedTool,
)
from chat_core.types.events import (
    Done,
    StructuredChunk,
    TextChunk,
    ToolCalled,
    ToolResult,
    TurnEvent,
)
from chat_core.types.messages import FinishReason, Message, Messages
from chat_core.types.options import ChatOptions
from chat_core.types.parts import Structured, Text
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse, StructuredResponse
from chat_core.types.usage import Usage

Checkpoint: TypeAlias = Callable[[Messages], object]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a chat was built with. It holds no conversation."""

    tools: ToolBox
    options: ChatOptions
    output: OutputType[object] | None
    max_steps: int
    retry: RetryPolicy
    may_pause: bool
    checkpoint: Checkpoint | None = None

    async def save(self, messages: Messages) -> None:
        """Give the conversation to whoever keeps it."""
        if self.checkpoint is not None and inspect.isawaitable(saving := self.checkpoint(messages)):
            await saving


async def converse(
    setup: Setup, source: TurnSource, messages: Messages
) -> AsyncGenerator[ChatEvent[ChatResponse]]:
    """Carry the conversation on, ending with one `Done` or one `Paused`. Whatever ends it early leaves in `messages` what came."""
    if not len(messages):
        raise ConfigurationError("there is nothing to send: Messages.from_user(...) first")
    spent = Usage()
    told = {call.id for call in messages.calls if call.resolved}
    response: ChatResponse | None = None
    try:
        for step in count(1):
            await setup.tools.settle(messages, setup.save)
            for call in [call for call in messages.calls if call.resolved and call.id not in told]:
                told.add(call.id)
                yield ToolResult(call)
            if waiting := messages.pending:
                if not setup.may_pause:
                    raise UnresolvedTool(tuple(waiting))
                yield Paused(PauseReason.of(waiting), _of_all(response or _last_turn(messages), spent))
                return
            if step > setup.max_steps:
                raise StepLimitReached(setup.max_steps)
            async with aclosing(_turn(setup, source, messages)) as events:
                async for event in events:
                    if isinstance(event, Done):
                        response = event.response
                    else:
                        yield event
            assert response is not None
            spent += response.usage
            if not response.tool_calls:
                try:
                    finished = _finished(setup, _of_all(response, spent))
                finally:
                    await setup.save(messages)
                yield Done(finished)
                return
            await setup.save(messages)
            for call in response.tool_calls:
                yield ToolCalled(call)
    except ChatError as error:
        total = spent + error.partial.usage if isinstance(error, StreamTruncated) else spent
        error.usage = None if total == Usage() else total
        raise


async def _turn(
    setup: Setup, source: TurnSource, messages: Messages
) -> AsyncGenerator[TurnEvent | StructuredChunk]:
    """One model turn, committed to `messages` whole, or as far as it came."""
    request = ChatRequest(
        messages,
        setup.tools.definitions,
        _options(setup, messages),
        setup.output.schema if setup.output else None,
    )
    snapshots = Snapshots(setup.output) if setup.output else None
    seen: list[TurnEvent] = []
    done: Done | None = None
    try:
        async with aclosing(source(request, setup.retry)) as events:
            async for event in events:
                if isinstance(event, Done):
                    done = event
                    continue
                seen.append(event)
                yield event
                if not (snapshots and isinstance(event, TextChunk)) or event.aside:
                    continue
                if (value := snapshots.feed(event.text)) is not None:
                    yield StructuredChunk(value)
        if done is None:
            raise StreamTruncated(
                "the provider's turn ended without Done", partial=ChatResponse(interrupted(seen))
            )
    except BaseException:  # failed, cancelled or left: what came stays in the conversation
        if done is not None:
            _commit(done.response.message, messages)
        elif seen:
            _commit(interrupted(seen), messages)
        raise
    _commit(done.response.message, messages)
    yield done


def _options(setup: Setup, messages: Messages) -> ChatOptions:
    forced = setup.options.tool_choice not in (None, "auto", "none")
    if forced and messages[-1].role == "model":  # the model has had its forced turn
        return replace(setup.options, tool_choice=None)
    return setup.options


def _commit(message: Message, messages: Messages) -> None:
    ids = CallIds(messages)
    stopped = message.turn.finish_reason if message.turn else "other"
    for call in message.tool_calls:
        call.id = ids.claim(call.id)
        if stopped in _UNFINISHED and isinstance(call.status, Pending):
            call.status = Failed(f"The turn {_UNFINISHED[stopped]}, so {call.name} was not run.")
    messages.append(message)


_UNFINISHED: dict[FinishReason, str] = {
    "length": "was cut at the token limit",
    "content_filter": "was stopped by the provider's filter",
    "refusal": "ended in a refusal",
}


def _of_all(response: ChatResponse, spent: Usage) -> ChatResponse:
    return ChatResponse(response.message, response.notices, response.raw, spent)


def _finished(setup: Setup, response: ChatResponse) -> ChatResponse:
    if setup.output is None:
        return response
    value = setup.output.read(response)
    texts = [part for part in without_asides(response.message) if isinstance(part, Text)]
    if len(texts) == 1:  # the usual case: the text is the value, and is kept as one
        [text] = texts
        kept = Structured(setup.output.snapshot(text.text), text.text, native=text.native)
        response.message.parts[:] = [kept if part is text else part for part in response.message.parts]
    return StructuredResponse(
        response.message, response.notices, response.raw, response.total_usage, value=value
    )


def _last_turn(messages: Messages) -> ChatResponse:
    """The turn that asked, where it was had before a restart."""
    asked = (
        message for message in reversed(list(messages)) if message.role == "model" and message.tool_calls
    )
    return ChatResponse(next(asked))
