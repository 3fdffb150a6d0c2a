"""One script on all five wires: our clients and the vendors' own packages read the same turn from it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatModel,
    ChatRequest,
    ChatResponse,
    Done,
    EmbeddingsProvider,
    InvalidRequest,
    Messages,
    ModelListProvider,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
    RetryPolicy,
    StreamTruncated,
    TokenCountProvider,
    tool,
)
from chat_core.testing import Call, Failure, LoopbackServer, Reply, broken_laws
from chat_core.types.events import TurnEvent
from chat_core.types.json_values import JsonObject
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder
from pydantic import BaseModel

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Spoken:
    """A wire as one of our clients speaks it."""

    name: str
    client: Callable[[LoopbackServer], ChatModel]
    embedder: Callable[[LoopbackServer], EmbeddingsProvider] | None = None
    refuses_in_words: bool = True


def _claude(server: LoopbackServer) -> ChatModel:
    return ClaudeBuilder().with_base_url(server.host).with_api_key("k").with_model("m").build()


def _gemini(server: LoopbackServer) -> ChatModel:
    return GeminiBuilder().with_base_url(server.host).with_api_key("k").with_model("m").build()


WIRES = [
    Spoken(
        "chat-completions",
        lambda server: ChatCompletionsBuilder().with_base_url(server.url).with_model("m").build(),
        lambda server: (
            ChatCompletionsBuilder().with_base_url(server.url).with_model("m").with_embeddings(16).build()
        ),
    ),
    Spoken(
        "responses",
        lambda server: OpenAIBuilder().with_base_url(server.url).with_api_key("k").with_model("m").build(),
    ),
    Spoken("claude", _claude, refuses_in_words=False),
    Spoken(
        "gemini",
        _gemini,
        lambda server: (
            GeminiBuilder()
            .with_base_url(server.host)
            .with_api_key("k")
            .with_model("m")
            .with_embeddings(16)
            .build()
        ),
        refuses_in_words=False,
    ),
    Spoken(
        "ollama",
        lambda server: OllamaBuilder().with_host(server.host).with_native().with_model("m").build(),
        lambda server: (
            OllamaBuilder().with_host(server.host).with_native().with_model("m").with_embeddings(16).build()
        ),
        refuses_in_words=False,
    ),
]


@pytest.fixture(params=WIRES, ids=lambda wire: wire.name)
def wire(request: pytest.FixtureRequest) -> Spoken:
    found: Spoken = request.param
    return found


@tool
def weather(city: str) -> str:
    """The weather."""
    return f"dry in {city}"


ASK = ChatRequest(Messages.from_user("How is it?"), (weather.definition,))


async def streamed(client: ChatModel) -> list[TurnEvent]:
    async with aclosing(_events(client)) as events:
        return [event async for event in events]


async def _events(client: ChatModel) -> AsyncGenerator[TurnEvent]:
    async with aclosing(client.stream(ASK)) as events:
        async for event in events:
            yield event


def read(response: ChatResponse) -> dict[str, Any]:
    usage = response.usage
    return {
        "text": response.text,
        "reasoning": response.reasoning,
        "calls": [(call.name, call.arguments) for call in response.tool_calls],
        "reason": response.finish_reason,
        "tokens": (usage.input_tokens, usage.output_tokens),
        "model": response.model,
    }


FULL = Reply(
    "Ein Moment, bitte: schön.",
    calls=(Call("weather", {"city": "Zürich"}), Call("weather", {"city": "Bern", "days": [1, 2]}, id="mine")),
    reasoning="The user wants the weather.",
    prompt_tokens=20,
    completion_tokens=9,
    cached_tokens=4,
    reasoning_tokens=3,
    chunk=5,
)


async def test_a_turn_is_the_same_whole_and_streamed_on_every_wire(wire: Spoken) -> None:
    with LoopbackServer([FULL, FULL]) as server:
        client = wire.client(server)
        whole = await client.complete(ASK)
        events = await streamed(client)
        await client.aclose()

    assert broken_laws(events) == []
    assert isinstance(events[-1], Done)
    expected = {
        "text": FULL.text,
        "reasoning": FULL.reasoning,
        "calls": [("weather", {"city": "Zürich"}), ("weather", {"city": "Bern", "days": [1, 2]})],
        "reason": "tool_calls",
        "tokens": (20, 9),
        "model": "m",
    }
    assert read(whole) == expected
    assert read(events[-1].response) == expected
    assert [call.id for call in whole.tool_calls][1] == "mine"
    if wire.name != "ollama":  # which counts neither
        assert whole.usage.cache_read_tokens == 4
        assert whole.usage.reasoning_tokens == 3


@pytest.mark.parametrize(
    ("word", "common"),
    [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter"), (None, "stop")],
)
async def test_the_common_words_for_an_end_become_the_wires_own(
    wire: Spoken, word: str | None, common: str
) -> None:
    with LoopbackServer([Reply("Hello", finish_reason=word)] * 2) as server:
        client = wire.client(server)
        whole, events = await client.complete(ASK), await streamed(client)
        await client.aclose()
    if wire.name == "ollama" and common == "content_filter":
        common = "stop"  # it has no such word
    if wire.name == "claude" and common == "content_filter":
        common = "refusal"
    assert isinstance(events[-1], Done)
    assert (whole.finish_reason, events[-1].response.finish_reason) == (common, common)


async def test_a_refusal_is_one_where_the_wire_has_them(wire: Spoken) -> None:
    with LoopbackServer([Reply(refusal="I will not.")] * 2) as server:
        client = wire.client(server)
        whole, events = await client.complete(ASK), await streamed(client)
        await client.aclose()
    assert isinstance(events[-1], Done)
    for response in whole, events[-1].response:
        if wire.refuses_in_words:
            assert response.refusal == "I will not."
        elif wire.name == "ollama":
            assert response.text == "I will not."
        else:
            assert response.finish_reason in ("refusal", "content_filter")


async def test_a_stream_that_is_cut_anywhere_is_truncated(wire: Spoken) -> None:
    with LoopbackServer([Reply("Hello there", chunk=4)]) as server:
        client = wire.client(server)
        await streamed(client)
        await client.aclose()
    frames = {"chat-completions": 6, "responses": 11, "claude": 9, "gemini": 3, "ollama": 4}[wire.name]
    needless = {"chat-completions": 1}.get(wire.name, 0)  # [DONE] follows the finish reason
    for cut in range(frames - needless):
        with LoopbackServer([Reply("Hello there", chunk=4, cut_after=cut)]) as server:
            client = wire.client(server)
            with pytest.raises((StreamTruncated, ProviderError)) as caught:
                await streamed(client)
            await client.aclose()
        assert isinstance(caught.value, StreamTruncated), cut
        assert "Hello there".startswith(caught.value.partial.text)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequest),
        (401, AuthenticationError),
        (403, PermissionDenied),
        (404, NotFound),
        (429, RateLimited),
        (503, Overloaded),
    ],
)
async def test_a_failure_is_the_wires_own_error(
    wire: Spoken, status: int, error: type[ProviderError]
) -> None:
    with LoopbackServer([Failure(status, "no such luck", retry_after=2.0)] * 2) as server:
        client = wire.client(server)
        for request in (client.complete(ASK), streamed(client)):
            with pytest.raises(error) as caught:
                await request
            assert caught.value.message.startswith("no such luck")  # a hint may follow
            assert caught.value.retry_after == 2.0
        await client.aclose()


class Report(BaseModel):
    city: str
    dry: bool
    degrees: list[float]


async def test_tools_and_typed_output_work_on_every_wire(wire: Spoken) -> None:
    report = {"city": "Bern", "dry": True, "degrees": [1.5]}
    script = [Reply(calls=(Call("weather", {"city": "Bern"}),)), Reply(json.dumps(report))]
    with LoopbackServer(script) as server:
        client = wire.client(server)
        builder = ChatBuilder().with_model(client).with_tools([weather]).with_structured_output(Report)
        response = await builder.with_retry(RetryPolicy(max_retries=0)).build().complete("How is it?")
        await client.aclose()
    assert response.value == Report(city="Bern", dry=True, degrees=[1.5])
    assert "dry in Bern" in json.dumps(server.requests[1].body)


async def test_embeddings_are_near_where_words_are_shared(wire: Spoken) -> None:
    if wire.embedder is None:
        return
    with LoopbackServer() as server:
        client = wire.embedder(server)
        one, two, three = (
            embedding.vector
            for embedding in (
                await client.embed(["the cat sat", "the cat slept", "stock prices fell"])
            ).embeddings
        )
        await client.aclose()  # type: ignore[attr-defined]  # every client has it
    assert len(one) == 16
    near = sum(a * b for a, b in zip(one, two, strict=True))
    assert near > sum(a * b for a, b in zip(one, three, strict=True))


async def test_models_are_listed_and_tokens_counted(wire: Spoken) -> None:
    with LoopbackServer([Reply(prompt_tokens=17)], model="tiny") as server:
        client = wire.client(server)
        if isinstance(client, ModelListProvider):
            assert [model.id.removeprefix("models/") for model in await client.list_models()] == ["tiny"]
        if isinstance(client, TokenCountProvider):
            assert await client.count_tokens(Messages.from_user("Hello")) == 17
        await client.aclose()


def test_a_gemini_stream_without_sse_is_an_array() -> None:
    with LoopbackServer([Reply("Hello there")]) as server:
        answer = httpx.post(
            f"{server.host}/v1beta/models/m:streamGenerateContent", json={"contents": [{"parts": []}]}
        )
    parts = [each["candidates"][0]["content"]["parts"][0]["text"] for each in answer.json()]
    assert "".join(parts) == "Hello there"


@pytest.mark.parametrize(
    ("path", "body", "shape"),
    [
        ("/v1/messages", {}, {"type": "error"}),
        ("/api/chat", {}, {"error": "you must provide a model parameter"}),
        ("/v1beta/models/m:generateContent", {}, {"error": {"status": "INVALID_ARGUMENT", "code": 400}}),
    ],
)
def test_a_bad_request_is_refused_in_the_words_of_its_wire(path: str, body: JsonObject, shape: Any) -> None:
    with LoopbackServer([Reply("unasked")]) as server:
        answer = httpx.post(server.host + path, json=body)
    assert answer.status_code == 400
    found = answer.json()
    for name, value in shape.items():
        assert found[name] | value == found[name] if isinstance(value, dict) else found[name] == value
