"""A provider around a provider: it sees every attempt, and has the capabilities of the one within."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import pytest
from chat_claude import ClaudeBuilder, ClaudeClient
from chat_cohere import CohereBuilder
from chat_core import (
    ChatBuilder,
    ChatModel,
    ChatRequest,
    ChatResponse,
    CompletionProvider,
    ConfigurationError,
    EmbeddingsProvider,
    EmbeddingsResponse,
    Message,
    ModelListProvider,
    Overloaded,
    RerankProvider,
    RetryPolicy,
    StreamProvider,
    Text,
    TextChunk,
    TokenCountProvider,
    TurnEvent,
)
from chat_core.middleware import ProviderWrapper, wrap
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_openai import OpenAIBuilder

pytestmark = pytest.mark.anyio

CAPABILITIES = (
    CompletionProvider,
    StreamProvider,
    EmbeddingsProvider,
    RerankProvider,
    TokenCountProvider,
    ModelListProvider,
)


class CompletesOnly:
    model = "completes"

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        return ChatResponse(Message("model", [Text("Hi")]))

    async def aclose(self) -> None: ...


class EmbedsOnly:
    model = "embeds"
    embedding_batch = 7
    dimensions = 3

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        return EmbeddingsResponse(())

    async def aclose(self) -> None: ...


class Noted(ProviderWrapper[ChatModel]):
    def __init__(self, inner: ChatModel, log: list[str] | None = None, name: str = "a") -> None:
        super().__init__(inner)
        self.log = log if log is not None else []
        self.name = name

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        self.log.append(self.name)
        return await super().complete(request)

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        self.log.append(self.name)
        async with aclosing(self.inner.stream(request)) as events:
            async for event in events:
                yield event


CLIENTS: list[Any] = [
    CompletesOnly(),
    EmbedsOnly(),
    ScriptedProvider([]),
    ClaudeBuilder().with_model("m").with_api_key("k").build(),
    OpenAIBuilder().with_model("m").with_api_key("k").with_embeddings().build(),
    CohereBuilder().with_model("m").with_api_key("k").build(),
]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: type(client).__name__)
def test_it_has_every_capability_of_what_it_wraps_and_no_other(client: Any) -> None:
    for wrapped in (ProviderWrapper(client), ProviderWrapper(Noted(client)), wrap(client, Noted, Noted)):
        for capability in CAPABILITIES:
            assert isinstance(wrapped, capability) == isinstance(client, capability)
        for name in dir(client):
            if not name.startswith("_"):
                assert hasattr(wrapped, name), name


def test_what_only_one_provider_has_comes_through() -> None:
    client = ClaudeBuilder().with_model("m").with_api_key("k").build()
    wrapped = wrap(client, Noted)

    assert isinstance(wrapped, Noted)
    assert wrapped.origin == client.origin
    assert wrapped.model == "m"
    assert ProviderWrapper(EmbedsOnly()).embedding_batch == 7
    assert wrap(EmbedsOnly(), ProviderWrapper).dimensions == 3
    assert repr(ProviderWrapper(client)) == f"ProviderWrapper({client!r})"


async def test_the_type_of_the_client_is_kept() -> None:
    client: ClaudeClient = wrap(ClaudeBuilder().with_model("m").with_api_key("k").build(), Noted)
    async with client:  # its methods are there for checkers too
        assert callable(client.count_tokens)


async def test_it_sees_every_attempt_and_the_first_given_is_outermost() -> None:
    log: list[str] = []
    busy = Overloaded("busy", status=503, retryable=True)
    client = wrap(
        ScriptedProvider([busy, "Hi", busy, "Ho"]),
        lambda inner: Noted(inner, log, "a"),
        lambda inner: Noted(inner, log, "b"),
    )
    chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(base_delay=0.0)).build()

    assert (await chat.complete("Hello")).text == "Hi"
    async with chat.stream("Hello") as events:
        assert [event.text async for event in events if isinstance(event, TextChunk)] == ["Ho"]
    assert log == ["a", "b"] * 4


async def test_leaving_a_stream_closes_the_one_within() -> None:
    closed: list[bool] = []

    class Endless(CompletesOnly):
        async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
            try:
                while True:
                    yield TextChunk("more")
            finally:
                closed.append(True)

    chat = ChatBuilder().with_model(wrap(Endless(), Noted, ProviderWrapper)).build()
    async with chat.stream("Hello") as events:
        async for _ in events:
            break
        assert not closed

    assert closed == [True]


async def test_a_chat_over_one_that_does_not_stream_says_so() -> None:
    chat: Any = ChatBuilder().with_model(ProviderWrapper(CompletesOnly())).build()

    assert (await chat.complete("Hello")).text == "Hi"
    with pytest.raises(ConfigurationError, match="does not stream"):
        chat.stream("Hello")


async def test_the_client_within_is_closed_with_it() -> None:
    transport = FakeTransport()
    closed: list[bool] = []

    async def note() -> None:
        closed.append(True)

    transport.aclose = note  # type: ignore[method-assign]
    client = ClaudeBuilder().with_model("m").with_api_key("k").with_transport(transport).build()
    async with ProviderWrapper(client):
        pass

    assert closed == [True]


def test_what_is_no_client_is_refused() -> None:
    wrong: Any
    for wrong in (None, "gpt", ClaudeClient, ClaudeBuilder()):
        with pytest.raises(ConfigurationError, match="takes a client"):
            ProviderWrapper(wrong)
