"""Streams beside turns, of sound and of its text: that a cut one is an error, and that leaving closes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar

from chat_core.testing.conformance.checks import fail, require, require_equal
from chat_core.testing.conformance.watched import OneEventEach, WatchedTransport
from chat_core.testing.tape.faults import Cut, Reset
from chat_core.testing.tape.form import Exchange, sse_block
from chat_core.types.errors import ChatError, ConfigurationError, ConnectionFailed, StreamTruncated

T = TypeVar("T")
_CUTS = 16  # of one stream


async def require_never_whole(
    exchanges: Sequence[Exchange], open_stream: Callable[[WatchedTransport], AsyncGenerator[T]]
) -> None:
    """Go on where a stream that is cut, or lost, before its terminal sign raises `StreamTruncated`.

    The last event counts as the sign, or the one before an empty end such as `[DONE]`.
    """
    blocks = [sse_block(event) for burst in exchanges[0].bursts or () for event in burst.events]
    require(len(blocks) > 1, "The tape has its stream in one event: give it several.")
    has_empty_end = b"[DONE]" in blocks[-1] and len(blocks) > 2
    before_the_end = sum(map(len, blocks[: -2 if has_empty_end else -1]))
    step = max(1, before_the_end // _CUTS)
    for at in range(1, before_the_end, step):
        for fault in (Cut(at), Reset(at)):
            error = await _error_of(open_stream(WatchedTransport(exchanges, fault)))
            right = isinstance(error, (StreamTruncated, ConnectionFailed))
            require(
                right, f"{fault} of {before_the_end} bytes ended in {error!r}; expected is StreamTruncated."
            )


async def require_freed(
    exchanges: Sequence[Exchange], open_stream: Callable[[WatchedTransport], AsyncGenerator[T]]
) -> None:
    """Go on where closing a stream in the middle leaves the transport's stream, and a new one sends nothing
    before it is iterated.
    """
    transport = WatchedTransport(exchanges, OneEventEach())
    stream = open_stream(transport)
    require(not transport.requests, "A request was sent before the stream was iterated.")
    async with aclosing(stream):
        async for _ in stream:
            break
    require_equal("The streams that are still open", transport.open_streams, 0)


async def _error_of(stream: AsyncGenerator[T]) -> ChatError | None:
    try:
        async with aclosing(stream) as events:
            async for _ in events:
                pass
    except ConfigurationError as error:
        fail(f"The stream raised {error!r}.")
    except ChatError as error:
        return error
    return None
