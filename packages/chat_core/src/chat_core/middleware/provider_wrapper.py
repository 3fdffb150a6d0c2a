"""A provider around a provider: it sees every attempt, and has every capability of what it wraps."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Generic, Self, cast

from typing_extensions import TypeVar

from chat_core.provider import (
    CompletionProvider,
    EmbeddingsProvider,
    ExplainingProvider,
    ModelListProvider,
    Provider,
    RerankProvider,
    StreamProvider,
    TokenCountProvider,
)
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import kind_of

if TYPE_CHECKING:
    from chat_core.types.embeddings import EmbeddingsResponse
    from chat_core.types.events import TurnEvent
    from chat_core.types.explanation import Explanation
    from chat_core.types.messages import Messages
    from chat_core.types.request import ChatRequest, ToolDefinition
    from chat_core.types.rerank import RerankResponse
    from chat_core.types.response import ChatResponse, ModelInfo

P = TypeVar("P", bound=Provider)
P_co = TypeVar("P_co", bound=Provider, covariant=True, default=Provider)

_CAPABILITIES = ("complete", "stream", "embed", "rerank", "count_tokens", "list_models", "explain")


class ProviderWrapper(Generic[P_co]):
    """A client that passes everything on to the one within, `inner`: override what shall be different.

    It sits between the retries and `inner`, so it sees every attempt. It has the capabilities of `inner` and
    no others, methods of one provider's own included; a subclass that has more, such as streaming where
    `inner` only completes, names the methods in `adds`. A `stream` that is overridden iterates the one within
    under `aclosing`, holds no cancel scope across a yield, and gathers nothing.

    Checkers know of a wrapper what its `inner` can do; to keep the type of the client use `wrap`.
    """

    adds: ClassVar[tuple[str, ...]] = ()
    """Capabilities beyond those of `inner`: names of methods, such as "stream"."""

    def __init__(self, inner: P_co) -> None:
        """Raises `ConfigurationError` for what is no client."""
        given: object = inner
        if isinstance(given, type) or not (hasattr(given, "model") and hasattr(given, "aclose")):
            raise ConfigurationError(
                f"{type(self).__name__}(client) takes a client, not {kind_of(given)}: "
                "write OpenAIBuilder().with_model(...).build(), say"
            )
        self._inner: P_co = inner
        names = frozenset(name for name in dir(inner) if _is_public(inner, name))
        self.__class__ = cast("type[Self]", _with_capabilities(type(self), names))

    @property
    def inner(self) -> P_co:
        """The client within."""
        return self._inner

    @property
    def model(self) -> str:
        """The model that requests go to."""
        return self._inner.model

    async def aclose(self) -> None:
        """Close the client within."""
        await self._inner.aclose()

    async def complete(self: ProviderWrapper[CompletionProvider], request: ChatRequest, /) -> ChatResponse:
        """Return one model turn. Raises a `ChatError`; retries nothing."""
        return await self._inner.complete(request)

    async def stream(
        self: ProviderWrapper[StreamProvider], request: ChatRequest, /
    ) -> AsyncGenerator[TurnEvent]:
        """Yield a turn as it arrives, ending with exactly one `Done`. Raises a `ChatError`."""
        async with aclosing(self._inner.stream(request)) as events:
            async for event in events:
                yield event

    @property
    def embedding_batch(self: ProviderWrapper[EmbeddingsProvider]) -> int | None:
        """How many inputs one request may hold; None where there is no limit."""
        return self._inner.embedding_batch

    async def embed(
        self: ProviderWrapper[EmbeddingsProvider], inputs: Sequence[str], /
    ) -> EmbeddingsResponse:
        """Return one vector per input, in order. Raises a `ChatError`; retries nothing."""
        return await self._inner.embed(inputs)

    async def rerank(
        self: ProviderWrapper[RerankProvider],
        query: str,
        documents: Sequence[str],
        /,
        *,
        top_n: int | None = None,
    ) -> RerankResponse:
        """Return the documents, best first. Raises a `ChatError`; retries nothing."""
        return await self._inner.rerank(query, documents, top_n=top_n)

    async def count_tokens(
        self: ProviderWrapper[TokenCountProvider],
        messages: Messages,
        tools: Sequence[ToolDefinition] = (),
    ) -> int:
        """Return the input tokens of a request with these messages and tools. Raises a `ChatError`."""
        return await self._inner.count_tokens(messages, tools)

    async def list_models(self: ProviderWrapper[ModelListProvider]) -> Sequence[ModelInfo]:
        """Return the models that the server offers. Raises a `ChatError`."""
        return await self._inner.list_models()

    def explain(
        self: ProviderWrapper[ExplainingProvider], request: ChatRequest, /, *, stream: bool = False
    ) -> Explanation:
        """Return what would be sent for this turn. Raises `ConfigurationError` as sending does."""
        return self._inner.explain(request, stream=stream)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._inner!r})"


def wrap(client: P, *wrappers: Callable[[P], Provider]) -> P:
    """Return the client with wrappers around it, such as subclasses of `ProviderWrapper`; the first given is
    outermost.

    Checkers know it by the type of `client`, so that it keeps every capability.
    """
    wrapped: Provider = client
    for wrapper in reversed(wrappers):
        wrapped = wrapper(cast("P", wrapped))
    return cast("P", wrapped)


def _is_public(client: object, name: str) -> bool:
    return not name.startswith("_") and (name not in _CAPABILITIES or getattr(client, name) is not None)


class _Passed:
    """An attribute of the client within."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, wrapper: ProviderWrapper | None, owner: type) -> object:
        if wrapper is None:
            return self
        found: object = getattr(wrapper.inner, self._name)
        return found


_CLASSES: dict[tuple[object, frozenset[str]], type[ProviderWrapper]] = {}


def _with_capabilities(cls: type[ProviderWrapper], names: frozenset[str]) -> type[ProviderWrapper]:
    """Return the subclass whose instances have these names of the client within, and no capability beside.

    Protocols are looked up in the class: a method that is None there is none.
    """
    found = _CLASSES.get((cls, names))
    if found is None:
        body: dict[str, object] = dict(_attributes(cls, names))
        body |= {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
        found = _CLASSES[cls, names] = type(cls.__name__, (cls,), body)
    return found


def _attributes(cls: type[ProviderWrapper], names: frozenset[str]) -> Iterator[tuple[str, object]]:
    for name in names:
        if not hasattr(cls, name):
            yield name, _Passed(name)
    for name in _CAPABILITIES:
        if name not in names and name not in cls.adds:
            yield name, None
