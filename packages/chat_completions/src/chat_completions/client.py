"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

from chat_core import (
    ChatRequest,
    ChatResponse,
    EmbeddingsResponse,
    ModelInfo,
    Origin,
    Request,
    Timeouts,
    Transport,
    TurnEvent,
)
from chat_core.calls import CallIds
from chat_core.refused import decode_error
from chat_core.turn import ask, stream_turn

from chat_completions.decode import decode, decode_models
from chat_completions.dialect import Dialect
from chat_completions.embeddings import decode_embeddings, encode_embeddings
from chat_completions.encode import Encoded, encode
from chat_completions.options import CompletionsOptions
from chat_completions.stream import CompletionTurn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a client was built with."""

    model: str
    base_url: str
    transport: Transport
    headers: Mapping[str, str] = field(repr=False)
    dialect: Dialect = Dialect()
    timeouts: Timeouts = Timeouts()
    options: CompletionsOptions = CompletionsOptions()
    strict: bool = True
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    dimensions: int | None = None


class ChatCompletionsClient:
    """A model behind a Chat Completions endpoint. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._origin = Origin(settings.dialect.name, settings.base_url, settings.model)

    @property
    def model(self) -> str:
        """The model it asks for."""
        return self._settings.model

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn, whole. Raises a `ChatError`; retries nothing."""
        encoded = self._encode(request, stream=False)
        read = partial(decode, origin=self._origin, dialect=self._settings.dialect, ids=CallIds(request.messages))
        response = await self._ask("POST", "/chat/completions", read, encoded.body)
        return replace(response, notices=response.notices + encoded.notices)

    def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """One turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        encoded = self._encode(request, stream=True)
        turn = CompletionTurn(
            origin=self._origin, dialect=self._settings.dialect, ids=CallIds(request.messages), notices=encoded.notices
        )
        sent = self._request("POST", "/chat/completions", encoded.body)
        return stream_turn(self._settings.transport, sent, turn, decode_error)

    async def list_models(self) -> list[ModelInfo]:
        """The models that the server offers."""
        return await self._ask("GET", "/models", decode_models)

    async def aclose(self) -> None:
        """Close the connections that are open on the running event loop."""
        await self._settings.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self._settings.model!r}, base_url={self._settings.base_url!r})"

    def _encode(self, request: ChatRequest, *, stream: bool) -> Encoded:
        settings = self._settings
        return encode(
            request,
            origin=self._origin,
            dialect=settings.dialect,
            options=settings.options,
            strict=settings.strict,
            extra=settings.extra,
            stream=stream,
        )

    async def _ask(self, method: str, path: str, decode: Callable[[bytes], T], body: bytes = b"") -> T:
        request = self._request(method, path, body)
        return await ask(self._settings.transport, request, lambda answer: decode(answer.body), decode_error)

    def _request(self, method: str, path: str, body: bytes) -> Request:
        return Request(method, _join(self._settings.base_url, path), self._settings.headers, body, self._settings.timeouts)


class EmbeddingChatCompletionsClient(ChatCompletionsClient):
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
            inputs, model=settings.model, dialect=settings.dialect, dimensions=settings.dimensions, extra=settings.extra
        )
        return await self._ask("POST", "/embeddings", partial(decode_embeddings, count=len(inputs), dialect=settings.dialect), body)


def _join(base_url: str, path: str) -> str:
    """The path under the base URL; a query of its own, as Azure's api-version, stays at the end."""
    if "?" not in base_url:
        return base_url + path
    base = urlsplit(base_url)
    return urlunsplit(base._replace(path=base.path.rstrip("/") + path))
