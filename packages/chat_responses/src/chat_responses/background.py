"""A response in the background outlives its connections: how its stream goes on when one is lost.

Facts: OpenAI's guide to background mode, November 2026. Events of a stored response have numbers, and
`GET /responses/{id}?stream=true&starting_after=N` streams those after number N.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import anyio
from chat_core import ChatError, NetworkError, ProviderError, StreamTruncated, TimedOut, TurnEvent

from chat_responses.stream import ResponsesStreamDecoder

_IN_VAIN = 3  # times in a row, and no more
_LONGEST = 120.0  # seconds that a server may ask us to wait


class Tries:
    """How many requests in a row bring nothing new, and how long to wait in between."""

    def __init__(self, poll: float) -> None:
        """`poll` is the shortest wait, in seconds; the server's `Retry-After` may make it longer."""
        self._poll = poll
        self._in_vain = 0

    def succeeded(self) -> None:
        """Count from the start again: something new has come."""
        self._in_vain = 0

    def delay(self, error: ChatError) -> float | None:
        """Return the seconds until the next request, or None to give up."""
        self._in_vain += 1
        floor = error.retry_after or 0.0 if isinstance(error, ProviderError) else 0.0
        if not error.retryable or self._in_vain >= _IN_VAIN or floor > _LONGEST:
            return None
        return max(self._poll, floor)


async def resume_when_cut(
    decoder: ResponsesStreamDecoder,
    first: AsyncGenerator[TurnEvent],
    resume: Callable[[str, int], AsyncGenerator[TurnEvent]],
    poll: float,
) -> AsyncGenerator[TurnEvent]:
    """Yield the events of `first` and, wherever the connection is lost, those of `resume(id, number)`.

    That streams into the same decoder what comes after an event. No event comes twice.

    Raises `StreamTruncated` where the stream cannot go on: the server has named no response or numbered no
    event, it no longer has the response, or several connections in a row brought nothing. Once the server has
    begun it, that error is not `retryable`: sent again, the request would make another response.
    `error.partial.id` is the one to retrieve.
    """
    tries = Tries(poll)
    cut: StreamTruncated | None = None
    events = first
    while True:
        reached, wait = decoder.sequence, 0.0
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
            return
        except (StreamTruncated, NetworkError, ProviderError) as error:
            if isinstance(error, StreamTruncated):
                cut = error
            elif cut is None or decoder.has_events or _is_deadline(error):
                raise  # it was never begun, or it is the turn itself that failed
            number = decoder.sequence
            if not decoder.id or number is None:
                raise
            if number != reached:
                tries.succeeded()
            elif (delay := tries.delay(error)) is not None:
                wait = delay
            else:
                cut.retryable = False
                if error is cut:
                    raise
                raise cut from error
        await anyio.sleep(wait)
        decoder.resume()
        events = resume(decoder.id, number)


def _is_deadline(error: ChatError) -> bool:
    """Return whether one of the caller's deadlines has passed.

    A connection that takes too long is a server that is not there.
    """
    return isinstance(error, TimedOut) and error.limit != "connect"
