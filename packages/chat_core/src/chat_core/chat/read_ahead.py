"""Events on their way from a loop to a consumer in synchronous code."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import anyio

from chat_core.chat.shared_loop import SharedLoop, Waiter
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

    After any other event the reader waits until the consumer has taken it and wants the next one: what comes
    then has effects, such as a tool that runs, or a request that costs. Events that are there are taken
    without the loop.
    """

    def __init__(self, loop: SharedLoop) -> None:
        self._loop = loop
        self._events: deque[E] = deque()
        self._ended = False
        self._put = self._taken = 0
        self._consumer: Waiter | None = None  # who has taken everything, and waits for more
        self._gate: anyio.Event | None = None
        self._gate_after = 0  # how many events are taken when the gate opens

    def put(self, event: E) -> anyio.Event | None:
        """Add an event. Return what the reader has to wait for where it must not go on before the consumer.

        Called on the loop.
        """
        self._events.append(event)
        self._put += 1
        if self._consumer is not None:
            self._wake()
        if isinstance(event, _OF_ONE_TURN) and len(self._events) < _MOST:
            return None
        self._gate, self._gate_after = anyio.Event(), self._put
        return self._gate

    def end(self) -> None:
        """Tell the consumer that no more events come. Called on the loop."""
        self._ended = True
        self._wake()

    def take(self) -> list[E]:
        """Return the events that have arrived, at least one; none at the end.

        The events taken before are consumed.
        """
        if not self._events and not self._ended:
            consumer = self._loop.waiter()
            self._loop.now(self._want, self._taken, consumer)
            self._loop.wait(consumer)
        if len(self._events) == 1:  # as always where events are waited for
            self._taken += 1
            return [self._events.popleft()]
        batch = [self._events.popleft() for _ in range(len(self._events))]
        self._taken += len(batch)
        return batch

    def _want(self, taken: int, consumer: Waiter) -> None:
        if self._events or self._ended:
            consumer.finish()
        else:
            self._consumer = consumer
        if self._gate is not None and taken >= self._gate_after:
            self._gate.set()

    def _wake(self) -> None:
        if self._consumer is not None:
            self._consumer.finish()
            self._consumer = None
