"""The client: which API of the server a request goes to, and what only Ollama's own has."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TypeVar

from chat_completions.client import ChatCompletionsClient
from chat_completions.settings import Settings
from chat_core import (
    ChatRequest,
    ChatResponse,
    ConnectionFailed,
    EmbeddingsResponse,
    ModelInfo,
    ProviderError,
    Request,
    TurnEvent,
)
from chat_core.client import AnyRequest, Prepared, SchemaRules, StreamDecoder, as_request
from chat_core.client.exchange import receive_bursts
from chat_core.client.secrets import scrub_secrets
from chat_core.wire import CallIds

from chat_ollama.errors import no_server, with_pull_advice
from chat_ollama.native.decode import (
    ModelDetails,
    decode,
    decode_details,
    decode_embeddings,
    decode_models,
    decode_version,
)
from chat_ollama.native.encode import encode, encode_embeddings
from chat_ollama.native.pull import PullDecoder, PullProgress
from chat_ollama.native.stream import OllamaStreamDecoder
from chat_ollama.settings import NativeSettings

T = TypeVar("T")

# The server makes a grammar of the schema of an output, on both of its APIs.
_SCHEMAS = SchemaRules(
    output=("format", "response_format/json_schema/schema"),
    tools=("tools/*/function/parameters",),
    tool_flag="",
)


class OllamaClient(ChatCompletionsClient):
    """A model of an Ollama server. It holds no conversation: any number of chats may share it.

    Requests go to `/v1/chat/completions`, and to `/api/chat` where they need what only that has.
    """

    def __init__(self, settings: Settings, native: NativeSettings) -> None:
        super().__init__(settings)
        self._native = native
        self._decode_error = with_pull_advice(self._decode_error, self.model)

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn, whole. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        if not self._needs_native(request):
            return await super().complete(request)
        path, encoded, headers = self._prepare(request, stream=False)
        read = partial(
            decode,
            origin=self._origin,
            ids=CallIds(request.messages),
            think_tags=self._native.think_tags,
        )
        response = await self._send("POST", path, read, encoded.body, headers)
        return replace(response, notices=response.notices + encoded.notices)

    def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        if not self._needs_native(request):
            return super().stream(request)
        path, encoded, headers = self._prepare(request, stream=True)
        decoder = OllamaStreamDecoder(
            origin=self._origin,
            ids=CallIds(request.messages),
            think_tags=self._native.think_tags,
            notices=encoded.notices,
        )
        return self._stream_response(path, decoder, encoded.body, headers)

    async def ping(self) -> str:
        """Return the server's version. Raises `ConnectionFailed` where none runs."""
        return await self._send("GET", "/api/version", decode_version)

    async def list_models(self) -> list[ModelInfo]:
        """Return the models that the server has, with their sizes and families."""
        return await self._send("GET", "/api/tags", decode_models)

    async def show(self, model: str | None = None) -> ModelDetails:
        """Return what the server knows of a model, by default the client's own.

        Raises `NotFound` for an unknown one.
        """
        return await self._send("POST", "/api/show", decode_details, {"model": model or self.model})

    async def pull(self, model: str | None = None) -> AsyncGenerator[PullProgress]:
        """Download a model, by default the client's own, and yield how far it has come.

        Raises `ProviderError` where the server reports a failure, and `StreamTruncated` where the download
        ends without success; to pull again continues it. Any time may pass between two lines; a total limit
        counts.
        """
        request = self._request("POST", "/api/pull", {"model": model or self.model, "stream": True})
        request = replace(request, timeouts=replace(request.timeouts, idle=None))
        decoder = PullDecoder()
        lost: ConnectionFailed | None = None
        accepted = False
        transport = self._settings.transport
        try:
            async with aclosing(receive_bursts(transport, request, self._decode_error, decoder)) as bursts:
                async for burst in bursts:
                    accepted = True
                    for progress in decoder.feed_all(burst):
                        yield progress
        except ProviderError as error:
            scrub_secrets(error, request)
            raise
        except ConnectionFailed as exc:
            if not accepted:
                raise no_server(self._settings.base_url, exc) from exc
            lost = exc
        if not decoder.finished:
            raise decoder.truncated() from lost

    def _needs_native(self, request: ChatRequest) -> bool:
        native = self._native
        return native.is_chosen or native.defaults.needs_native or request.options.top_k is not None

    @property
    def _schema_rules(self) -> SchemaRules:
        return _SCHEMAS

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared:
        if not self._needs_native(request):
            return super()._prepare(request, stream=stream)
        encoded = encode(request, origin=self._origin, defaults=self._native.defaults, stream=stream)
        return Prepared("/api/chat", encoded)

    async def _send(
        self,
        method: str,
        path: str,
        decode: Callable[[bytes], T],
        body: Mapping[str, object] | bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> T:
        try:
            return await super()._send(method, path, decode, body, headers)
        except ConnectionFailed as exc:
            raise no_server(self._settings.base_url, exc) from exc

    async def _stream_response(
        self,
        path: str,
        decoder: StreamDecoder,
        body: Mapping[str, object] | bytes,
        headers: Mapping[str, str] | None = None,
        reads_as: str | None = None,
    ) -> AsyncGenerator[TurnEvent]:
        opened = super()._stream_response(path, decoder, body, headers, reads_as)
        try:
            async with aclosing(opened) as events:
                async for event in events:
                    yield event
        except ConnectionFailed as exc:
            raise no_server(self._settings.base_url, exc) from exc

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """Return a request. The base URL is that of `/v1`; Ollama's own API is beside it."""
        request = super()._request(method, path, body, headers)
        root, is_native, rest = request.url.rpartition("/v1/api/")
        return replace(request, url=f"{root}/api/{rest}") if is_native else request


class EmbeddingOllamaClient(OllamaClient):
    """A client built `.with_embeddings()`."""

    @property
    def embedding_batch(self) -> int:
        """How many inputs one request may hold."""
        return self._settings.dialect.fields.embedding_batch

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """Return one vector per input, in order, by one request. Raises a `ChatError`; retries nothing."""
        if not inputs:
            return EmbeddingsResponse(())
        body = encode_embeddings(
            inputs,
            model=self.model,
            dimensions=self._settings.dimensions,
            defaults=self._native.defaults,
            extra=self._native.embeddings_extra,
        )
        return await self._send("POST", "/api/embed", partial(decode_embeddings, count=len(inputs)), body)
