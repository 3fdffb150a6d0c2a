"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

from chat_core import (
    ChatRequest,
    ChatResponse,
    EmbeddingInput,
    EmbeddingsResponse,
    Messages,
    ModelInfo,
    Request,
    Response,
    ToolDefinition,
    TurnEvent,
)
from chat_core.client import (
    AnyRequest,
    Prepared,
    SchemaRules,
    TurnClient,
    as_request,
    joined_url,
    path_segment,
    send_request,
)
from chat_core.wire import CallIds

from chat_bedrock.decode import decode, decode_count, decode_error, decode_models, decode_profiles
from chat_bedrock.embeddings import batch_of, decode_embeddings, encode_embeddings, inputs_of, joined
from chat_bedrock.encode import encode, encode_count
from chat_bedrock.settings import Settings
from chat_bedrock.stream import BedrockStreamDecoder

T = TypeVar("T")

_REQUEST_ID = "x-amzn-requestid"

_SCHEMAS = SchemaRules(
    output=("outputConfig/textFormat/structure/jsonSchema/schema",),
    tools=("toolConfig/tools/*/toolSpec/inputSchema/json",),
)


class BedrockClient(TurnClient[Settings]):
    """A model behind the Converse API. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "bedrock", decode_error)

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=False)

        def read(response: Response) -> ChatResponse:
            return decode(
                response.body,
                origin=self._origin,
                ids=CallIds(request.messages),
                request_id=response.headers.get(_REQUEST_ID),
                notices=encoded.notices,
            )

        sent = self._request("POST", path, encoded.body, headers)
        return await send_request(self._settings.transport, sent, read, self._decode_error)

    def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=True)
        decoder = BedrockStreamDecoder(
            origin=self._origin, ids=CallIds(request.messages), notices=encoded.notices
        )
        return self._stream_response(path, decoder, encoded.body, headers)

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """Return how many tokens a request with these messages and tools would take in, as the model counts
        them.

        Not every model on Bedrock counts; those that do not refuse with `InvalidRequest`.
        """
        encoded = encode_count(
            ChatRequest(messages, tools), origin=self._origin, defaults=self._settings.defaults
        )
        return await self._post("count-tokens", encoded.body, lambda response: decode_count(response.body))

    async def list_models(self) -> list[ModelInfo]:
        """Return the foundation models of the region, then the inference profiles, by either of which
        requests go."""
        models = await self._control("/foundation-models", decode_models)
        token: str | None = None
        while True:
            query = {"maxResults": "1000"} | ({"nextToken": token} if token else {})
            page, following = await self._control(f"/inference-profiles?{urlencode(query)}", decode_profiles)
            models += page
            if following is None or following == token:
                return models
            token = following

    @property
    def _schema_rules(self) -> SchemaRules:
        return _SCHEMAS

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared:
        encoded = encode(request, origin=self._origin, defaults=self._settings.defaults, stream=stream)
        return Prepared(self._path("converse-stream" if stream else "converse"), encoded)

    def _path(self, operation: str) -> str:
        return f"/model/{path_segment(self._settings.model)}/{operation}"

    async def _post(self, operation: str, body: Mapping[str, object], decode: Callable[[Response], T]) -> T:
        """Send a request about the model.

        `decode` sees the headers too, where Bedrock puts ids and counts.
        """
        request = self._request("POST", self._path(operation), body)
        return await send_request(self._settings.transport, request, decode, self._decode_error)

    async def _control(self, path: str, decode: Callable[[bytes], T]) -> T:
        """Send a request to the service that lists models, which has another host."""
        settings = self._settings
        url = joined_url(settings.control_url, path)
        request = Request("GET", url, settings.headers, b"", settings.timeouts)
        return await send_request(
            settings.transport, request, lambda response: decode(response.body), self._decode_error
        )


class EmbeddingBedrockClient(BedrockClient):
    """A client built `.with_embeddings()`."""

    @property
    def embedding_batch(self) -> int:
        """How many texts one request may hold: 96 of Cohere's models, one of Titan and Nova."""
        return batch_of(self._settings.model)

    @property
    def embedding_inputs(self) -> frozenset[str]:
        """What it makes vectors of: texts, and images with Cohere's models."""
        return inputs_of(self._settings.model)

    async def embed(self, inputs: Sequence[EmbeddingInput], /) -> EmbeddingsResponse:
        """Return one vector per input, in order. Raises a `ChatError`; retries nothing.

        More inputs than a request may hold are sent one request after the other; a `Chat` sends them at once.
        """
        size = self.embedding_batch
        responses = [await self._embed(inputs[at : at + size]) for at in range(0, len(inputs), size)]
        return joined(responses, self._settings.model)

    async def _embed(self, inputs: Sequence[EmbeddingInput]) -> EmbeddingsResponse:
        settings = self._settings
        body = encode_embeddings(inputs, model=settings.model, options=settings.embeddings)
        read = partial(decode_embeddings, count=len(inputs), model=settings.model)
        return await self._post(
            "invoke",
            {**body, **settings.embeddings_extra},
            lambda response: read(response.body, response.headers),
        )
