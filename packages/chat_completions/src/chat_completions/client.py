"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from chat_core import ChatRequest, ChatResponse, EmbeddingsResponse, ModelInfo, TurnEvent
from chat_core.client.base import ClientSettings, ProviderClient
from chat_core.types.call_ids import CallIds

from chat_completions.decode import decode, decode_models
from chat_completions.dialect import Dialect
from chat_completions.embeddings import decode_embeddings, encode_embeddings
from chat_completions.encode import Encoded, encode
from chat_completions.options import CompletionsOptions
from chat_completions.stream import CompletionsStreamDecoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with."""

    dialect: Dialect = Dialect()
    options: CompletionsOptions = CompletionsOptions()
    strict: bool = True
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    dimensions: int | None = None


class ChatCompletionsClient(ProviderClient[Settings]):
    """A model behind a Chat Completions endpoint. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.dialect.name)

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn, whole. Raises a `ChatError`; retries nothing."""
        encoded = self._encode(request, stream=False)
        read = partial(
            decode, origin=self._origin, dialect=self._settings.dialect, ids=CallIds(request.messages)
        )
        response = await self._send("POST", "/chat/completions", read, encoded.body)
        return replace(response, notices=response.notices + encoded.notices) if encoded.notices else response

    def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """One turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        encoded = self._encode(request, stream=True)
        turn = CompletionsStreamDecoder(
            origin=self._origin,
            dialect=self._settings.dialect,
            ids=CallIds(request.messages),
            notices=encoded.notices,
        )
        return self._stream_response("/chat/completions", turn, encoded.body)

    async def list_models(self) -> list[ModelInfo]:
        """The models that the server offers."""
        return await self._send("GET", "/models", decode_models)

    def _encode(self, request: ChatRequest, *, stream: bool) -> Encoded:
        settings = self._settings
        return encode(
            request,
            origin=self._origin,
            dialect=settings.dialect,
            options=settings.options,
            strict=settings.strict,
            extra=settings.extra,
            stream=stream,
        )


class EmbeddingChatCompletionsClient(ChatCompletionsClient):
    """A client built `.with_embeddings()`."""

    @property
    def embedding_batch(self) -> int:
        """How many inputs one request may hold."""
        return self._settings.dialect.embedding_batch

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """One vector per input, in order, by one request. Raises a `ChatError`; retries nothing."""
        if not inputs:
            return EmbeddingsResponse(())
        settings = self._settings
        body = encode_embeddings(
            inputs,
            model=settings.model,
            dialect=settings.dialect,
            dimensions=settings.dimensions,
            extra=settings.extra,
        )
        return await self._send(
            "POST",
            "/embeddings",
            partial(decode_embeddings, count=len(inputs), dialect=settings.dialect),
            body,
        )
