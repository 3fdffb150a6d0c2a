"""The client: over which of Ollama's two surfaces a request goes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from chat_completions.client import ChatCompletionsClient, Settings
from chat_core import ChatRequest, ChatResponse, EmbeddingsResponse, ModelInfo, TurnEvent

from chat_ollama.absent import Explaining
from chat_ollama.native.client import NativeClient, NativeSettings
from chat_ollama.native.decode import ModelDetails
from chat_ollama.native.stream import PullProgress


class OllamaClient(Explaining[Settings], ChatCompletionsClient):
    """A model of an Ollama server. It holds no conversation: any number of chats may share it.

    A request goes over `/v1/chat/completions`, unless the builder was asked for what only `/api/chat` has, or the chat for `top_k`.
    """

    def __init__(self, settings: Settings, native: NativeSettings, *, natively: bool) -> None:
        super().__init__(settings)
        self._native = NativeClient(native)
        self._natively = natively

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn, whole. Raises a `ChatError`; retries nothing."""
        return await (self._native.complete(request) if self._is_native(request) else super().complete(request))

    def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """One turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        return self._native.stream(request) if self._is_native(request) else super().stream(request)

    def pull(self, model: str | None = None) -> AsyncGenerator[PullProgress]:
        """Download a model, this client's own by default, and tell how far it is; `show_progress` shows it in a terminal.

        Raises `ProviderError` where the download fails. Of the time limits only `connect` holds.
        """
        return self._native.pull(model or self.model)

    async def list_models(self) -> list[ModelInfo]:
        """The models that are on the server; their sizes and families stand in `raw`."""
        return await self._native.list_models()

    async def show(self, model: str | None = None) -> ModelDetails:
        """What the server knows of a model, this client's own by default. Raises `NotFound` where it has not been pulled."""
        return await self._native.show(model or self.model)

    async def ping(self) -> str:
        """The server's version. Raises `ConnectionFailed`, which says how to start one, where none answers."""
        return await self._native.version()

    def _is_native(self, request: ChatRequest) -> bool:
        return self._natively or request.options.top_k is not None


class EmbeddingOllamaClient(OllamaClient):
    """A client built `.with_embeddings()`."""

    @property
    def embedding_batch(self) -> int:
        """How many inputs one request may hold."""
        return self._settings.dialect.embedding_batch

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """One vector of length 1 per input, in order, over `/api/embed`. Raises a `ChatError`; retries nothing."""
        return await self._native.embed(inputs)
