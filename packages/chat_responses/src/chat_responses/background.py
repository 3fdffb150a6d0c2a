"""A response in the background outlives its connections: how its stream goes on when one is lost.

Facts: OpenAI's guide to background mode, November 2026. Events of a stored response have numbers, and
`GET /responses/{id}?stream=true&starting_after=N` streams those after number N.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TypeAlias, TypeVar

import anyio
from chat_core import (
    ChatError,
    ChatRequest,
    NetworkError,
    ProviderError,
    RetryPolicy,
    StreamTruncated,
    TimedOut,
    TurnEvent,
)
from chat_core.types.request import Retry, once

from chat_responses.stream import ResponsesStreamDecoder

T = TypeVar("T")
Resume: TypeAlias = Callable[[str, int], AsyncGenerator[TurnEvent]]
"""Stream what comes after the event of this number, of the response with this id."""


def retries(request: ChatRequest, poll: float) -> Retry:
    """Return the chat's retries; where a client is used without a chat, the same rules with `poll` seconds
    between.
    """
    return (
        request.retry
        if request.retry is not once
        else _ByPolicy(RetryPolicy(base_delay=poll, max_delay=poll))
    )


@dataclass(frozen=True, slots=True)
class _ByPolicy:
    policy: RetryPolicy

    async def __call__(self, action: Callable[[], Awaitable[T]], /) -> T:
        for attempt in count(1):
            try:
                return await action()
            except ChatError as error:
                delay = self.policy.delay(attempt, error)
                if delay is None:
                    raise
            await anyio.sleep(delay)
        raise AssertionError("count() does not end")


async def resume_when_cut(
    decoder: ResponsesStreamDecoder, first: AsyncGenerator[TurnEvent], resume: Resume, retry: Retry
) -> AsyncGenerator[TurnEvent]:
    """Yield the events of `first` and, wherever the connection is lost, those of `resume(id, number)`.

    That streams into the same decoder what comes after an event. No event comes twice.

    Raises `StreamTruncated` where the stream cannot go on: the server has named no response or numbered no
    event, it no longer has the response, or `retry` gives up on connections that bring nothing new. Once the
    server has begun the response, no error is `retryable`, since sent again the request would make another
    one, and `error.partial.id` is the one to retrieve.
    """
    try:
        async with aclosing(_across_cuts(decoder, first, resume, retry)) as events:
            async for event in events:
                yield event
    except ChatError as error:
        if decoder.id:
            error.partial = error.partial or decoder.partial()
            error.retryable = error.retryable and not _is_lost(error)
        raise


async def _across_cuts(
    decoder: ResponsesStreamDecoder, events: AsyncGenerator[TurnEvent], resume: Resume, retry: Retry
) -> AsyncGenerator[TurnEvent]:
    """Yield the events of one connection after the other."""
    while True:
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
            return
        except StreamTruncated as cut:
            events = await _go_on(decoder, resume, retry, cut)


async def _go_on(
    decoder: ResponsesStreamDecoder, resume: Resume, retry: Retry, cut: StreamTruncated
) -> AsyncGenerator[TurnEvent]:
    """Return the events of a connection that brings something new. Raises `cut` where there is none."""
    if not decoder.id or decoder.sequence is None:
        raise cut
    try:
        return await retry(partial(_connect, decoder, resume))
    except StreamTruncated as again:
        again.retryable = False
        raise
    except ChatError as error:
        if _is_deadline(error):
            raise
        cut.retryable = False
        raise cut from error


async def _connect(decoder: ResponsesStreamDecoder, resume: Resume) -> AsyncGenerator[TurnEvent]:
    """Return the events of one more connection, once the first has come over it."""
    reached = decoder.sequence or 0
    decoder.resume()
    events = resume(decoder.id, reached)
    try:
        return _beginning_with(await anext(events), events)
    except StreamTruncated as cut:
        if decoder.sequence == reached:
            raise
        return _failing(cut)  # it brought something, though nothing to show: the next one goes on from there
    except ProviderError as error:
        if not decoder.has_events:
            raise
        return _failing(error)  # the turn itself failed: that is no connection to try again
    except BaseException:
        await events.aclose()
        raise


async def _beginning_with(event: TurnEvent, events: AsyncGenerator[TurnEvent]) -> AsyncGenerator[TurnEvent]:
    async with aclosing(events):
        yield event
        async for more in events:
            yield more


async def _failing(error: ChatError) -> AsyncGenerator[TurnEvent]:
    events: tuple[TurnEvent, ...] = ()
    for event in events:
        yield event
    raise error


def _is_deadline(error: ChatError) -> bool:
    """Return whether one of the caller's deadlines has passed.

    A slow connection is a server that is not there.
    """
    return isinstance(error, TimedOut) and error.limit != "connect"


def _is_lost(error: ChatError) -> bool:
    """Return whether the response may still be made: it was lost on the way, and did not fail."""
    return isinstance(error, StreamTruncated | NetworkError)
