"""What a provider is: the engine's side of every client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol, runtime_checkable

from chat_core.types.embeddings import EmbeddingsResponse
from chat_core.types.events import TurnEvent
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse


class Provider(Protocol):
    """What every client has."""

    @property
    def model(self) -> str:
        """The model it asks for."""
        ...

    async def aclose(self) -> None:
        """Close what is open on the running event loop."""
        ...


@runtime_checkable
class CompletionProvider(Provider, Protocol):
    """A client that answers whole."""

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn. Raises a `ChatError`; retries nothing."""
        ...


@runtime_checkable
class StreamProvider(Provider, Protocol):
    """A client that answers as it goes."""

    def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield a turn as it arrives, ending with exactly one `Done`.

        Raises a `ChatError`, `StreamTruncated` where the bytes end before the wire's terminal sign; retries nothing. Closing the
        generator frees the connection; it holds no cancel scope across a yield.
        """
        ...


@runtime_checkable
class EmbeddingsProvider(Provider, Protocol):
    """A client that turns texts into vectors. One whose requests hold only so many says so as `embedding_batch: int`."""

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """One vector per input, in order, by one request. Raises a `ChatError`; retries nothing."""
        ...
