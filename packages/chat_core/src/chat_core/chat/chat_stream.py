"""The events of a conversation as it goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from types import TracebackType
from typing import Generic, Self

from typing_extensions import TypeVar

from chat_core.tools.pause import ChatEvent
from chat_core.types.response import ChatResponse

V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)


class ChatStream(Generic[V_co]):
    """Events to iterate inside `async with`: leaving the block, however it is left, closes the connection at
    once.
    """

    def __init__(self, events: AsyncGenerator[ChatEvent[V_co]]) -> None:
        self._events = events

    def __aiter__(self) -> AsyncIterator[ChatEvent[V_co]]:
        return self._events

    async def aclose(self) -> None:
        """Close the connection, as leaving the block does."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
