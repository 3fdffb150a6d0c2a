"""Events one by one, and events in bursts: each from the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from chat_core.transport import Event


async def bursts_from_events(events: AsyncGenerator[Event]) -> AsyncGenerator[Sequence[Event]]:
    """Yield each event as a burst of its own: the `bursts()` of a source that has single events.

    Closes `events`.
    """
    async with aclosing(events):
        async for event in events:
            yield (event,)


async def events_from_bursts(bursts: AsyncGenerator[Sequence[Event]]) -> AsyncGenerator[Event]:
    """Yield the events of all bursts one by one. Closes `bursts`."""
    async with aclosing(bursts):
        async for burst in bursts:
            for event in burst:
                yield event
