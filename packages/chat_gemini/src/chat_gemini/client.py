"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chat_core import (
    ChatError,
    ChatRequest,
    ChatResponse,
    Done,
    EmbeddingInput,
    EmbeddingsResponse,
    JsonObject,
    Messages,
    ModelInfo,
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
    begun,
    resource_path,
    send_request,
)
from chat_core.wire import CallIds, Encoded, mark_truncated

from chat_gemini.audio_methods import AudioMethods
from chat_gemini.capabilities import Capabilities
from chat_gemini.decode import TurnAssembler, decode, decode_error, decode_models, decode_tokens
from chat_gemini.embeddings import BATCH, decode_embeddings, encode_embeddings, inputs_of
from chat_gemini.encode import encode, encode_count
from chat_gemini.names import model_path, renamed
from chat_gemini.settings import Settings
from chat_gemini.stream import GeminiStreamDecoder

if TYPE_CHECKING:
    from chat_gemini.batch import EmbeddingGeminiBatches, GeminiBatches
    from chat_gemini.decisions.decider import GeminiDecisions
    from chat_gemini.files import GeminiFiles
    from chat_gemini.videos import GeminiVideos

_MOST_CONTINUATIONS = 99  # of one turn that the server interrupts itself

# Those that Google's SDK (google-genai 3.6.1) does not name among what `response_json_schema` supports.
_UNREAD = (
    *("pattern", "minLength", "maxLength", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"),
    *("uniqueItems", "contains", "minContains", "maxContains", "minProperties", "maxProperties"),
    *("patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "not", "if", "then"),
    *("else", "allOf", "unevaluatedProperties", "unevaluatedItems", "contentMediaType", "contentEncoding"),
)
_SCHEMAS = SchemaRules(
    output=("generationConfig/responseJsonSchema", "generationConfig/responseSchema"),
    tools=(
        "tools/*/functionDeclarations/*/parametersJsonSchema",
        "tools/*/functionDeclarations/*/parameters",
    ),
    tool_flag="",
    unread=frozenset(_UNREAD),
    unrolls=True,
)
_OLDER_SCHEMAS = replace(_SCHEMAS, unread=frozenset(), unrolls=False)


class GeminiClient(AudioMethods, TurnClient[Settings]):
    """A Gemini model. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.defaults.endpoint.provider, decode_error)

    @property
    def batches(self) -> GeminiBatches:
        """Many requests that the server runs within a day, at half the price."""
        from chat_gemini.batch import GeminiBatches

        return GeminiBatches(self._settings)

    @property
    def files(self) -> GeminiFiles:
        """The files of the account."""
        from chat_gemini.files import GeminiFiles

        return GeminiFiles(self._settings)

    @property
    def decisions(self) -> GeminiDecisions:
        """Answers with probabilities to questions about a conversation, of a model that makes decisions."""
        from chat_gemini.decisions.decider import GeminiDecisions

        return GeminiDecisions(self._settings)

    @property
    def videos(self) -> GeminiVideos:
        """Videos of what a text describes, by Veo's models on Vertex, made within minutes."""
        from chat_gemini.videos import GeminiVideos

        return GeminiVideos(self._settings)

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn, whole. A turn that the server interrupts itself is continued.

        Raises a `ChatError`. Only requests for the rest of a turn are retried, by the chat's policy.
        """
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=False)
        turn = TurnAssembler(self._origin, CallIds(request.messages), renamed(request.tools))
        send = partial(self._send_turn, turn, path, headers)
        raw: JsonObject | None = await send(encoded.body)
        for _ in range(_MOST_CONTINUATIONS):
            if (token := turn.continuation) is None:
                break
            turn.resume()
            raw = None  # of several responses none is the turn's
            try:
                await request.retry(partial(send, _continued(encoded, token)))
            except ChatError as error:
                error.partial = error.partial or mark_truncated(turn.response(encoded.notices))
                raise
        return turn.finished(encoded.notices, raw)

    async def _send_turn(
        self,
        turn: TurnAssembler,
        path: str,
        headers: Mapping[str, str] | None,
        body: Mapping[str, object],
    ) -> JsonObject:
        """Send one request of a turn, and return the last frame of its response."""

        def read(response: Response) -> JsonObject:
            turn.read_headers(response.headers)
            return decode(response.body, turn)

        request = self._request("POST", path, body, headers)
        return await send_request(self._settings.transport, request, read, self._decode_error, self._logger)

    async def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`.

        A turn that the server interrupts itself is continued.

        Raises a `ChatError`. Only requests for the rest of a turn are retried, by the chat's policy.
        """
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=True)
        decoder = GeminiStreamDecoder(
            origin=self._origin,
            ids=CallIds(request.messages),
            notices=encoded.notices,
            names=renamed(request.tools),
        )
        open_stream = partial(self._stream_response, path, decoder, headers=headers)
        events = open_stream(encoded.body)
        for remaining in range(_MOST_CONTINUATIONS, -1, -1):
            token: str | None = None
            async with aclosing(_with_partial(events, decoder)) as turn_events:
                async for event in turn_events:
                    token = decoder.continuation if remaining and isinstance(event, Done) else None
                    if token is None:
                        yield event
            if token is None:
                return
            decoder.resume()
            events = _rest(request, partial(open_stream, _continued(encoded, token)))

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """Return how many tokens these messages are, with the tools and settings that would be sent along."""
        request = ChatRequest(messages, tools)
        body = encode_count(request, origin=self._origin, defaults=self._settings.defaults)
        return await self._send("POST", self._path("countTokens"), decode_tokens, body)

    async def list_models(self) -> list[ModelInfo]:
        """Return the models that the server offers."""
        settings = self._settings
        lister = self
        if settings.models_url not in ("", settings.base_url):  # Vertex lists models outside the project
            lister = GeminiClient(replace(settings, base_url=settings.models_url))
        endpoint = settings.defaults.endpoint
        size = {"pageSize": str(endpoint.models_page)} if endpoint.models_page is not None else {}
        models: list[ModelInfo] = []
        token: str | None = None
        while True:
            query = urlencode(size | ({"pageToken": token} if token else {}))
            path = f"/{endpoint.models}?{query}" if query else f"/{endpoint.models}"
            page, token = await lister._send("GET", path, decode_models)
            models += page
            if token is None or not page:
                return models

    @property
    def _schema_rules(self) -> SchemaRules:
        is_older = self._settings.defaults.takes_older_schema(Capabilities.of(self.model))
        return _OLDER_SCHEMAS if is_older else _SCHEMAS

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared:
        encoded = encode(request, origin=self._origin, defaults=self._settings.defaults, stream=stream)
        return Prepared(self._path("streamGenerateContent?alt=sse" if stream else "generateContent"), encoded)

    def _with_settings(self, settings: Settings) -> GeminiClient:
        return GeminiClient(settings)

    def _path(self, method: str) -> str:
        model = model_path(self._settings.model, self._settings.defaults.endpoint)
        return f"/{_encoded_path(model)}:{method}"


_encoded_path = lru_cache(maxsize=256)(resource_path)  # of models: each request has one


class EmbeddingGeminiClient(GeminiClient):
    """A client built `.with_embeddings()`."""

    @property
    def batches(self) -> EmbeddingGeminiBatches:
        """Many requests that the server runs within a day, at half the price."""
        from chat_gemini.batch import EmbeddingGeminiBatches

        return EmbeddingGeminiBatches(self._settings)

    @property
    def embedding_batch(self) -> int:
        """How many inputs one request may hold."""
        return BATCH

    @property
    def embedding_inputs(self) -> frozenset[str]:
        """What it makes vectors of: texts; since gemini-embedding-2 images, audio, video and documents, alone
        or several together.
        """
        return inputs_of(self._settings.model)

    async def embed(self, inputs: Sequence[EmbeddingInput], /) -> EmbeddingsResponse:
        """Return one vector per input, in order, by one request. Raises a `ChatError`; retries nothing."""
        settings = self._settings
        model, options = settings.model, settings.embeddings
        if not inputs:
            return EmbeddingsResponse((), model=model)
        method, body = encode_embeddings(
            inputs,
            model=model,
            options=options,
            endpoint=settings.defaults.endpoint,
            extra=settings.embeddings_extra,
        )
        read = partial(decode_embeddings, count=len(inputs), model=model, options=options)
        return await self._send("POST", self._path(method), read, body)


async def _with_partial(
    events: AsyncGenerator[TurnEvent], decoder: GeminiStreamDecoder
) -> AsyncGenerator[TurnEvent]:
    """Yield the events; an error among them has the turn as far as it came."""
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    except ChatError as error:
        error.partial = error.partial or decoder.partial()
        raise


async def _rest(
    request: ChatRequest, open_stream: Callable[[], AsyncGenerator[TurnEvent]]
) -> AsyncGenerator[TurnEvent]:
    """Yield the events of a request for the rest of a turn.

    It is sent again if it fails before any of them.
    """
    first, rest = await request.retry(partial(begun, open_stream))
    async with aclosing(rest) as events:
        yield first
        async for event in events:
            yield event


def _continued(encoded: Encoded, token: str) -> dict[str, object]:
    """Return the body that requests the rest of the same turn."""
    return {**encoded.body, "continuationToken": token}
