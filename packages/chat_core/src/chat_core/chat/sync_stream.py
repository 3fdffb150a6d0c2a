"""The events of a stream in synchronous code."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Generic, Self

from typing_extensions import TypeVar

from chat_core.types.response import ChatResponse

if TYPE_CHECKING:
    from chat_core.chat.inputs import Inputs, SentInput
    from chat_core.tools.pause import ChatEvent
    from chat_core.types.parts import Part

V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)


class SyncStream(Generic[V_co]):
    """What `with chat.stream(messages) as events` gives: events to iterate in one thread.

    Any thread may `send` more of what the user writes meanwhile, or `cancel`.
    """

    def __init__(
        self,
        events: Generator[ChatEvent[V_co]],
        inputs: Inputs,
        on_loop: Callable[..., object],
    ) -> None:
        self._events = events
        self._inputs = inputs
        self._on_loop = on_loop  # calls a function on the event loop of the stream, soon

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ChatEvent[V_co]:
        return next(self._events)

    def send(self, *parts: Part | str, id: str | None = None) -> SentInput:
        """Do what `ChatStream.send` does; `sent.outcome` is known once the iteration has come there."""
        sent, is_new = self._inputs.prepare(parts, id)
        if is_new:
            self._on_loop(self._inputs.put, sent)
        return sent

    def cancel(self) -> None:
        """Do what `ChatStream.cancel` does."""
        self._on_loop(self._inputs.cancel)

    def close(self) -> None:
        """Iterate no more. The connection is closed when the block is left."""
        self._events.close()
