"""A response in the background outlives its connections: how it is carried on when one is lost.

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
    """How often in a row the server is asked in vain, and how long is waited in between: `poll` seconds, or what it asks for."""

    def __init__(self, poll: float) -> None:
        self._poll = poll
        self._vain = 0

    def succeeded(self) -> None:
        """Something new has come."""
        self._vain = 0

    def after(self, error: ChatError) -> float | None:
        """Seconds until the next try, or None to give up."""
        self._vain += 1
        asked = error.retry_after or 0.0 if isinstance(error, ProviderError) else 0.0
        if not error.retryable or self._vain >= _IN_VAIN or asked > _LONGEST:
            return None
        return max(self._poll, asked)


async def carried_on(
    turn: ResponsesStreamDecoder,
    first: AsyncGenerator[TurnEvent],
    further: Callable[[str, int], AsyncGenerator[TurnEvent]],
    poll: float,
) -> AsyncGenerator[TurnEvent]:
    """The events of `first`, and wherever the connection is lost, those of `further(id, number)`, which streams into the same turn
    what comes after an event. None comes twice.

    Raises `StreamTruncated` where it cannot be carried on: the server has named no response or numbered no event, it no longer has
    the response, or several connections in a row brought nothing. Once the server has begun it, that error is not `retryable`:
    asked again, it would make another one. `error.partial.id` is the response to look for.
    """
    tries = Tries(poll)
    cut: StreamTruncated | None = None
    events = first
    while True:
        reached, wait = turn.sequence, 0.0
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
            return
        except (StreamTruncated, NetworkError, ProviderError) as error:
            if isinstance(error, StreamTruncated):
                cut = error
            elif (
                cut is None or turn.answered or _is_a_limit(error)
            ):  # it was never begun, or it is the turn itself that failed
                raise
            number = turn.sequence
            if not turn.id or number is None:
                raise
            if number != reached:
                tries.succeeded()
            elif (after := tries.after(error)) is not None:
                wait = after
            else:
                cut.retryable = False
                if error is cut:
                    raise
                raise cut from error
        await anyio.sleep(wait)
        turn.resume()
        events = further(turn.id, number)


def _is_a_limit(error: ChatError) -> bool:
    """Whether the caller's deadlines is at an end. That no connection stands in time is as if the server were not there."""
    return isinstance(error, TimedOut) and error.limit != "connect"
