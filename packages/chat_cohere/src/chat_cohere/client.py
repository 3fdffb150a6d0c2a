"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from urllib.parse import urlencode

from chat_core import (
    ChatRequest,
    ChatResponse,
    EmbeddingInput,
    EmbeddingsResponse,
    File,
    Messages,
    ModelInfo,
    RerankResponse,
    ToolDefinition,
    TurnEvent,
)
from chat_core.client import AnyRequest, Prepared, SchemaRules, TurnClient, as_request
from chat_core.wire import CallIds, countable_text, rerank_body

from chat_cohere.decode import decode, decode_error, decode_models, decode_tokens
from chat_cohere.embeddings import BATCH, decode_embeddings, encode_embeddings, takes_mixed
from chat_cohere.encode import encode
from chat_cohere.rerank import decode_rerank
from chat_cohere.settings import Settings
from chat_cohere.stream import CohereStreamDecoder

_LONGEST_TEXT = 65_536  # characters that one request to /v1/tokenize takes

_SCHEMAS = SchemaRules(
    output=("response_format/json_schema",),
    tools=("tools/*/function/parameters",),
    tools_field="strict_tools",
)


class CohereClient(TurnClient[Settings]):
    """A model of Cohere's. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop. Which of the methods a
    model has depends on it: `rerank` is for the models named rerank-….
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "cohere", decode_error)

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=False)
        read = partial(decode, origin=self._origin, ids=CallIds(request.messages), notices=encoded.notices)
        return await self._send("POST", path, read, encoded.body, headers)

    def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=True)
        decoder = CohereStreamDecoder(
            origin=self._origin, ids=CallIds(request.messages), notices=encoded.notices
        )
        return self._stream_response(path, decoder, encoded.body, headers)

    async def rerank(
        self, query: str, documents: Sequence[str], /, *, top_n: int | None = None
    ) -> RerankResponse:
        """Return the documents, best first, each with its index and score; `top_n` limits how many.

        Raises a `ChatError`; retries nothing.
        """
        texts = list(documents)
        if not texts:
            return RerankResponse((), model=self.model)
        body = rerank_body(query, texts, model=self.model, top_n=top_n)
        read = partial(decode_rerank, documents=texts, model=self.model)
        return await self._send("POST", "/v2/rerank", read, body)

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """Return how many tokens the texts of these messages, calls, results and tools are to the model.

        Cohere counts texts, not requests: the template around them, and images, are not in the number.
        """
        text = countable_text(messages, tools)
        count = 0
        for start in range(0, len(text), _LONGEST_TEXT):
            body = {"text": text[start : start + _LONGEST_TEXT], "model": self.model}
            count += await self._send("POST", "/v1/tokenize", decode_tokens, body)
        return count

    async def list_models(self) -> list[ModelInfo]:
        """Return the models that there are; what each can do stands in its `raw`."""
        models: list[ModelInfo] = []
        token: str | None = None
        while True:
            query = {"page_size": "1000"} | ({"page_token": token} if token else {})
            page, following = await self._send("GET", f"/v1/models?{urlencode(query)}", decode_models)
            models += page
            if following is None or following == token or not page:
                return models
            token = following

    @property
    def _schema_rules(self) -> SchemaRules:
        return _SCHEMAS

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared:
        encoded = encode(request, origin=self._origin, defaults=self._settings.defaults, stream=stream)
        return Prepared("/v2/chat", encoded)


class EmbeddingCohereClient(CohereClient):
    """A client built `.with_embeddings()`."""

    @property
    def embedding_batch(self) -> int:
        """How many texts one request may hold."""
        return BATCH

    @property
    def embedding_inputs(self) -> frozenset[str]:
        """What it makes vectors of: texts and images, and since embed-v4 both together."""
        mixed = {"mixed"} if takes_mixed(self._settings.model) else frozenset[str]()
        return frozenset({"text", "image", *mixed})

    async def embed(self, inputs: Sequence[EmbeddingInput], /) -> EmbeddingsResponse:
        """Return one vector per input, in order, by one request; texts and images share their space.

        Raises a `ChatError`; retries nothing.
        """
        settings = self._settings
        if not inputs:
            return EmbeddingsResponse((), model=settings.model)
        body = encode_embeddings(inputs, model=settings.model, options=settings.embeddings)
        read = partial(decode_embeddings, count=len(inputs), model=settings.model)
        return await self._send("POST", "/v2/embed", read, {**body, **settings.embeddings_extra})

    async def embed_images(self, images: Sequence[File], /) -> EmbeddingsResponse:
        """Return one vector per image, as `embed` does."""
        return await self.embed(images)
