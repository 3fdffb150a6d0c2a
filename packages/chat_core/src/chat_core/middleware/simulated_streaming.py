"""Streams of a client that only completes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, ClassVar

from chat_core.middleware.provider_wrapper import ProviderWrapper
from chat_core.middleware.replay import pieces
from chat_core.provider import CompletionProvider
from chat_core.types.events import Done

if TYPE_CHECKING:
    from chat_core.types.events import TurnEvent
    from chat_core.types.request import ChatRequest
    from chat_core.types.response import ChatResponse


class SimulatedStreaming(ProviderWrapper[CompletionProvider]):
    """A client that streams what another one completes: `SimulatedStreaming(client)`.

    The events come together when the whole turn has arrived, its text word by word. For clients and servers
    that do not stream, or not with every feature.
    """

    adds: ClassVar[tuple[str, ...]] = ("stream",)

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """Return one model turn. Raises a `ChatError`; retries nothing."""
        return await self.inner.complete(request)

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield a turn, ending with `Done`. Raises a `ChatError`; retries nothing."""
        response = await self.complete(request)
        for event in pieces(response.message):
            yield event
        yield Done(response)
