"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from functools import partial

from chat_core import ChatRequest, ChatResponse, EmbeddingInput, EmbeddingsResponse, ModelInfo, TurnEvent
from chat_core.client import AnyRequest, Prepared, SchemaRules, TurnClient, as_request
from chat_core.wire import CallIds

from chat_completions.decode import decode, decode_embeddings, decode_models
from chat_completions.decode.errors import decode_server_error
from chat_completions.encode import encode, encode_embeddings
from chat_completions.settings import Settings
from chat_completions.stream import CompletionsStreamDecoder

_SCHEMAS = SchemaRules(
    output=("response_format/json_schema/schema",),
    tools=("tools/*/function/parameters",),
    output_flag="strict",
)


class ChatCompletionsClient(TurnClient[Settings]):
    """A model behind a Chat Completions endpoint. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings, settings.dialect.name, partial(decode_server_error, base_url=settings.base_url)
        )

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn, whole. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=False)
        read = partial(
            decode, origin=self._origin, dialect=self._settings.dialect, ids=CallIds(request.messages)
        )
        response = await self._send("POST", path, read, encoded.body, headers)
        return replace(response, notices=response.notices + encoded.notices) if encoded.notices else response

    def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=True)
        decoder = CompletionsStreamDecoder(
            origin=self._origin,
            dialect=self._settings.dialect,
            ids=CallIds(request.messages),
            notices=encoded.notices,
        )
        return self._stream_response(path, decoder, encoded.body, headers)

    async def list_models(self) -> list[ModelInfo]:
        """Return the models that the server offers."""
        return await self._send("GET", "/models", decode_models)

    @property
    def _schema_rules(self) -> SchemaRules:
        return _SCHEMAS

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared:
        encoded = encode(request, origin=self._origin, defaults=self._settings.defaults, stream=stream)
        return Prepared("/chat/completions", encoded)


class EmbeddingChatCompletionsClient(ChatCompletionsClient):
    """A client built `.with_embeddings()`."""

    @property
    def embedding_batch(self) -> int:
        """How many inputs one request may hold."""
        return self._settings.dialect.fields.embedding_batch

    @property
    def embedding_inputs(self) -> frozenset[str]:
        """What it makes vectors of: texts, and lists of token ids."""
        return frozenset({"text", "tokens"})

    async def embed(self, inputs: Sequence[EmbeddingInput], /) -> EmbeddingsResponse:
        """Return one vector per input, in order, by one request. An input is a text, or its token ids.

        Raises a `ChatError`; retries nothing.
        """
        if not inputs:
            return EmbeddingsResponse(())
        settings = self._settings
        body = encode_embeddings(
            inputs,
            model=settings.model,
            dialect=settings.dialect,
            dimensions=settings.dimensions,
            extra=settings.embeddings_extra,
        )
        read = partial(decode_embeddings, count=len(inputs), dialect=settings.dialect)
        return await self._send("POST", "/embeddings", read, body)
