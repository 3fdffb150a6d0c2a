"""The client: which surface of the server a request goes to, and what only its own API has."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TypeVar

from chat_completions.client import ChatCompletionsClient, Settings
from chat_completions.encode import Encoded
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
from chat_core.client.exchange import StreamDecoder, receive_bursts
from chat_core.client.secrets import scrub_secrets
from chat_core.types.call_ids import CallIds
from chat_core.wire.write import dump

from chat_ollama.native.decode import decode, decode_models, decode_version
from chat_ollama.native.embeddings import decode_embeddings, encode_embeddings
from chat_ollama.native.encode import encode
from chat_ollama.native.models import ModelDetails, decode_details
from chat_ollama.native.options import NativeOptions
from chat_ollama.native.pull import Pull, PullProgress
from chat_ollama.native.stream import OllamaStreamDecoder

T = TypeVar("T")


class OllamaClient(ChatCompletionsClient):
    """A model of an Ollama server. It holds no conversation: any number of chats may share it.

    Requests go to `/v1/chat/completions`, and to `/api/chat` where they ask for what only that has.
    """

    def __init__(self, settings: Settings, native: NativeOptions = NativeOptions()) -> None:
        super().__init__(settings)
        self._native = native

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn, whole. Raises a `ChatError`; retries nothing."""
        if not self._natively(request):
            return await super().complete(request)
        encoded = self._encode_native(request, stream=False)
        read = partial(
            decode, origin=self._origin, dialect=self._settings.dialect, ids=CallIds(request.messages)
        )
        response = await self._send("POST", "/api/chat", read, encoded.body)
        return replace(response, notices=response.notices + encoded.notices)

    def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """One turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        if not self._natively(request):
            return super().stream(request)
        encoded = self._encode_native(request, stream=True)
        turn = OllamaStreamDecoder(
            origin=self._origin,
            dialect=self._settings.dialect,
            ids=CallIds(request.messages),
            notices=encoded.notices,
        )
        return self._stream_response("/api/chat", turn, encoded.body)

    async def ping(self) -> str:
        """The server's version. Raises `ConnectionFailed` where none runs."""
        return await self._send("GET", "/api/version", decode_version)

    async def list_models(self) -> list[ModelInfo]:
        """The models that the server has, with their sizes and families."""
        return await self._send("GET", "/api/tags", decode_models)

    async def show(self, model: str | None = None) -> ModelDetails:
        """What the server knows of a model, else of the client's own. Raises `NotFound` for one that it does not have."""
        return await self._send("POST", "/api/show", decode_details, dump({"model": model or self.model}))

    async def pull(self, model: str | None = None) -> AsyncGenerator[PullProgress]:
        """Download a model, else the client's own, and tell how far it has come. Raises `ProviderError` where the server says so,
        `StreamTruncated` where it ends without success. Between two lines any time may pass, unless a total limit was set."""
        body = dump({"model": model or self.model, "stream": True})
        request = self._request("POST", "/api/pull", body)
        request = replace(request, timeouts=replace(request.timeouts, idle=None))
        decoder = Pull()
        lost: ConnectionFailed | None = None
        accepted = False
        try:
            async with aclosing(
                receive_bursts(self._settings.transport, request, self._decode_error, decoder)
            ) as bursts:
                async for burst in bursts:
                    accepted = True
                    for event in burst:
                        for progress in decoder.feed(event):
                            yield progress
                        if decoder.finished:
                            break
            if decoder.finished:
                return
        except ProviderError as error:
            scrub_secrets(error, request)
            raise
        except ConnectionFailed as exc:
            if not accepted:
                raise self._unreachable(exc) from exc
            lost = exc
        raise decoder.broken_off() from lost

    def _natively(self, request: ChatRequest) -> bool:
        return self._native.asked or request.options.top_k is not None

    def _encode_native(self, request: ChatRequest, *, stream: bool) -> Encoded:
        settings = self._settings
        return encode(
            request,
            origin=self._origin,
            dialect=settings.dialect,
            native=self._native,
            options=settings.options,
            extra=settings.extra,
            stream=stream,
        )

    async def _send(
        self,
        method: str,
        path: str,
        read: Callable[[bytes], T],
        body: Mapping[str, object] | bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> T:
        try:
            return await super()._send(method, path, read, body, headers)
        except ConnectionFailed as exc:
            raise self._unreachable(exc) from exc

    async def _stream_response(
        self,
        path: str,
        decoder: StreamDecoder,
        body: Mapping[str, object] | bytes,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[TurnEvent]:
        try:
            async with aclosing(super()._stream_response(path, decoder, body, headers)) as events:
                async for event in events:
                    yield event
        except ConnectionFailed as exc:
            raise self._unreachable(exc) from exc

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """The base URL is that of `/v1`; the native API is beside it."""
        request = super()._request(method, path, body, headers)
        root, native, rest = request.url.rpartition("/v1/api/")
        return replace(request, url=f"{root}/api/{rest}") if native else request

    def _unreachable(self, failed: ConnectionFailed) -> ConnectionFailed:
        root = self._settings.base_url.partition("?")[0].removesuffix("/v1")
        error = ConnectionFailed(
            f"no answer; does Ollama run at {root}? Install it from https://ollama.com/download and start it with `ollama serve`"
        )
        error.retryable = failed.retryable
        return error


class EmbeddingOllamaClient(OllamaClient):
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
            dimensions=settings.dimensions,
            native=self._native,
            extra=settings.extra,
        )
        return await self._send("POST", "/api/embed", partial(decode_embeddings, count=len(inputs)), body)
