"""The client: Chat Completions, with a model in this process at the other end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient
from chat_completions.settings import Settings
from chat_core import (
    ChatRequest,
    ChatResponse,
    Done,
    EmbeddingsResponse,
    InvalidResponse,
    Notice,
    TurnEvent,
)
from chat_core.client import AnyRequest, Prepared, as_request
from chat_core.wire import CallIds

from chat_local.prompted_tools import PromptedToolsDecoder, offered_tools, prompt_tools
from chat_local.transport import LocalTransport

_NOT_LOADED = Notice(
    "tools",
    "the model is not loaded: where its template has no place for tools, they are sent as instructions",
)


class LocalClient(ChatCompletionsClient):
    """A model in this process. It holds no conversation: any number of chats may share it.

    `async with` frees the model at the end; without, it is freed with the process. Tools go through a JSON
    schema where the model's template has no place for them, and the response has a notice of it.
    """

    async def load(self) -> None:
        """Load the model now, rather than with the first request.

        Raises `ConfigurationError` where there is none.
        """
        if isinstance(transport := self._settings.transport, LocalTransport):
            await transport.load()

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn, whole.

        Raises a `ChatError`. It is streamed within, so that a cancellation stops the model.
        """
        request = as_request(given)
        async with aclosing(self.stream(request)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event.response
        raise InvalidResponse("the model's turn has no end")

    async def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        knows_tools = await self._knows_tools()
        decoder = PromptedToolsDecoder(CallIds(request.messages), request.output)
        is_prompted = not knows_tools and bool(offered_tools(request))
        async with aclosing(super().stream(request)) as events:
            async for event in events:
                if not is_prompted:
                    yield event
                    continue
                for part in decoder.feed(event):
                    yield part

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared:
        """Return what the model is given, which is always streamed. Nothing is loaded for it."""
        transport = self._settings.transport
        notice: tuple[Notice, ...] = ()
        if isinstance(transport, LocalTransport):
            if transport.loaded is None:
                notice = (_NOT_LOADED,) if request.tools else ()
            elif not transport.loaded.knows_tools:
                request = prompt_tools(request)
        prepared = super()._prepare(request, stream=True)
        encoded = prepared.encoded
        return prepared._replace(encoded=replace(encoded, notices=(*encoded.notices, *notice)))

    async def _knows_tools(self) -> bool:
        transport = self._settings.transport
        return not isinstance(transport, LocalTransport) or (await transport.load()).knows_tools


class EmbeddingLocalClient(LocalClient):
    """A client built `.with_embeddings()`.

    The model is loaded a second time for them, with the first request.
    """

    def __init__(self, settings: Settings, embedder: LocalTransport) -> None:
        super().__init__(settings)
        self._embedder = EmbeddingChatCompletionsClient(replace(settings, transport=embedder))

    @property
    def embedding_batch(self) -> int:
        """How many inputs one request may hold."""
        return 64  # all of them are computed before any is returned

    async def embed(self, inputs: Sequence[str | Sequence[int]], /) -> EmbeddingsResponse:
        """Return one vector per input, in order. Raises a `ChatError`; retries nothing."""
        return await self._embedder.embed(inputs)

    async def aclose(self) -> None:
        """Free the model."""
        await super().aclose()
        await self._embedder.aclose()
