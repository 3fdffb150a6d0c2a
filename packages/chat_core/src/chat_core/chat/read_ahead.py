"""Events on their way to a consumer in another thread."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import anyio

from chat_core.types.events import (
    FileReady,
    ReasoningChunk,
    RefusalChunk,
    StructuredChunk,
    TextChunk,
    ToolCallChunk,
)

E = TypeVar("E")

_MOST = 256  # events that wait for the consumer
_OF_ONE_TURN = (TextChunk, ReasoningChunk, RefusalChunk, ToolCallChunk, StructuredChunk, FileReady)


class ReadAhead(Generic[E]):
    """A queue between a reader, which is read ahead within one turn of the model, and a consumer.

    After any other event `put` waits until the consumer has taken it and wants the next one: what comes then
    has effects, such as a tool that runs, or a request that costs.
    """

    def __init__(self) -> None:
        self._events: deque[E] = deque()
        self._ended = False
        self._wanted = anyio.Event()  # the consumer has taken everything, and waits for more
        self._arrived = anyio.Event()

    async def put(self, event: E) -> None:
        """Add an event, and wait where the reader must not go on before the consumer."""
        self._events.append(event)
        self._arrived.set()
        if not isinstance(event, _OF_ONE_TURN) or len(self._events) >= _MOST:
            self._wanted = anyio.Event()
            await self._wanted.wait()

    def end(self) -> None:
        """Tell the consumer that no more events come."""
        self._ended = True
        self._arrived.set()

    async def take(self) -> list[E]:
        """Return the events that have arrived, at least one; none at the end.

        The events taken before are consumed.
        """
        if not self._events:
            self._wanted.set()
        while not self._events and not self._ended:
            self._arrived = anyio.Event()
            await self._arrived.wait()
        batch = list(self._events)
        self._events.clear()
        return batch
