"""The client of Ollama's native API: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial

from chat_core import ChatRequest, ChatResponse, ConnectionFailed, EmbeddingsResponse, ModelInfo, TurnEvent
from chat_core.calls import CallIds
from chat_core.providerclient import ClientSettings
from chat_core.sent import dump

from chat_ollama.absent import Explaining
from chat_ollama.native.decode import ModelDetails, decode, decode_details, decode_embeddings, decode_models, decode_version
from chat_ollama.native.encode import Encoded, encode, encode_embeddings
from chat_ollama.native.stream import OllamaTurn, Pull, PullProgress
from chat_ollama.options import NativeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeSettings(ClientSettings):
    """What a client was built with. `logprobs` are the fields of that name, as they are sent."""

    native: NativeOptions = NativeOptions()
    logprobs: Mapping[str, object] = field(default_factory=dict[str, object])
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    dimensions: int | None = None


class NativeClient(Explaining[NativeSettings]):
    """A model behind `/api/chat`, and what else the server does with models. Its base URL is the server's root."""

    def __init__(self, settings: NativeSettings) -> None:
        super().__init__(settings, "ollama")

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn, whole. Raises a `ChatError`; retries nothing."""
        encoded = self._encode(request, stream=False)
        read = partial(decode, origin=self._origin, ids=CallIds(request.messages))
        response = await self._ask("POST", "/api/chat", read, encoded.body)
        return replace(response, notices=response.notices + encoded.notices)

    def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """One turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        encoded = self._encode(request, stream=True)
        turn = OllamaTurn(origin=self._origin, ids=CallIds(request.messages), notices=encoded.notices)
        return self._stream_turn("/api/chat", turn, encoded.body)

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """One vector of length 1 per input, in order, by one request. Raises a `ChatError`; retries nothing."""
        settings = self._settings
        if not inputs:
            return EmbeddingsResponse((), model=settings.model)
        body = encode_embeddings(
            inputs, model=settings.model, native=settings.native, dimensions=settings.dimensions, extra=settings.extra
        )
        return await self._ask("POST", "/api/embed", partial(decode_embeddings, count=len(inputs)), body)

    async def pull(self, model: str) -> AsyncGenerator[PullProgress]:
        """Download a model, and tell how far it is. Only the limit `connect` holds. Raises `ProviderError` where it fails."""
        settings = self._settings
        pull = Pull()
        request = self._request("POST", "/api/pull", dump({"model": model, "stream": True}))
        try:
            async with settings.transport.stream(request) as answer:
                if not answer.ok:
                    raise self._decode_error(answer.status, answer.headers, await answer.read())
                async with aclosing(aiter(answer)) as events:
                    async for event in events:
                        for progress in pull.feed(event):
                            yield progress
        except ConnectionFailed as error:
            raise self._explained(error) from error
        pull.end()

    async def list_models(self) -> list[ModelInfo]:
        """The models that are on the server; their sizes and families stand in `raw`."""
        return await self._ask("GET", "/api/tags", decode_models)

    async def show(self, model: str) -> ModelDetails:
        """What the server knows of a model."""
        return await self._ask("POST", "/api/show", decode_details, dump({"model": model}))

    async def version(self) -> str:
        """The server's version."""
        return await self._ask("GET", "/api/version", decode_version)

    def _encode(self, request: ChatRequest, *, stream: bool) -> Encoded:
        settings = self._settings
        return encode(
            request, origin=self._origin, native=settings.native, logprobs=settings.logprobs, extra=settings.extra, stream=stream
        )
