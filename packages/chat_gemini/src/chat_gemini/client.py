"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlencode

from chat_core import (
    ChatRequest,
    ChatResponse,
    Done,
    EmbeddingsResponse,
    Messages,
    ModelInfo,
    ToolDefinition,
    TurnEvent,
)
from chat_core.client.base import ClientSettings, ProviderClient
from chat_core.types.call_ids import CallIds

from chat_gemini.assembly import Assembly
from chat_gemini.decode import decode, decode_error, decode_models, decode_tokens
from chat_gemini.embeddings import BATCH, EmbeddingOptions, decode_embeddings, encode_embeddings
from chat_gemini.encode import Encoded, encode, encode_count, model_path
from chat_gemini.settings import Shape
from chat_gemini.stream import GeminiStreamDecoder

_MOST_REQUESTS = 100  # for one turn that the server interrupts itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with. `base_url` includes the API's version."""

    shape: Shape = Shape()
    embeddings: EmbeddingOptions = EmbeddingOptions()


class GeminiClient(ProviderClient[Settings]):
    """A Gemini model. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "gemini", decode_error)

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn, whole. Raises a `ChatError`; retries nothing. A turn that the server interrupts itself is asked on."""
        encoded = self._encode(request)
        assembly = Assembly(self._origin, CallIds(request.messages))
        token: str | None = None
        for asked in range(1, _MOST_REQUESTS + 1):
            raw = await self._send(
                "POST", self._path("generateContent"), partial(decode, assembly=assembly), encoded.dump(token)
            )
            token = assembly.continuation
            if token is None or asked == _MOST_REQUESTS:
                return assembly.response(encoded.notices, raw if asked == 1 else None)
            assembly.resume()
        raise AssertionError("the last request returns")

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """One turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        encoded = self._encode(request)
        turn = GeminiStreamDecoder(
            origin=self._origin, ids=CallIds(request.messages), notices=encoded.notices
        )
        token: str | None = None
        for asked in range(1, _MOST_REQUESTS + 1):
            path = self._path("streamGenerateContent?alt=sse")
            async with aclosing(self._stream_response(path, turn, encoded.dump(token))) as events:
                async for event in events:
                    token = turn.continuation if isinstance(event, Done) else None
                    if token is None or asked == _MOST_REQUESTS:
                        yield event
            if token is None:
                return
            turn.resume()

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """How many tokens these messages are to the model, with the tools and settings that would be sent along."""
        body = encode_count(ChatRequest(messages, tools), origin=self._origin, shape=self._settings.shape)
        return await self._send("POST", self._path("countTokens"), decode_tokens, body)

    async def list_models(self) -> list[ModelInfo]:
        """The models that the server offers."""
        models: list[ModelInfo] = []
        token: str | None = None
        while True:
            query = {"pageSize": "1000"} | ({"pageToken": token} if token else {})
            page, token = await self._send("GET", f"/models?{urlencode(query)}", decode_models)
            models += page
            if token is None or not page:
                return models

    def _encode(self, request: ChatRequest) -> Encoded:
        return encode(request, origin=self._origin, shape=self._settings.shape)

    def _path(self, method: str) -> str:
        return f"/{quote(model_path(self._settings.model))}:{method}"


class EmbeddingGeminiClient(GeminiClient):
    """A client built `.with_embeddings()`."""

    @property
    def embedding_batch(self) -> int:
        """How many inputs one request may hold."""
        return BATCH

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """One vector per input, in order, by one request. Raises a `ChatError`; retries nothing."""
        settings = self._settings
        if not inputs:
            return EmbeddingsResponse((), model=settings.model)
        body = encode_embeddings(
            inputs, model=settings.model, options=settings.embeddings, extra=settings.shape.extra
        )
        read = partial(
            decode_embeddings, count=len(inputs), model=settings.model, options=settings.embeddings
        )
        return await self._send("POST", self._path("batchEmbedContents"), read, body)
