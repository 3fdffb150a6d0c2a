"""What holds for the builder of every vendor over this wire: its server, its key, and where the key does not
go.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest
from chat_ai21 import AI21Builder
from chat_cerebras import CerebrasBuilder
from chat_completions import ChatCompletionsClient, CompletionsOptions
from chat_core import ChatBuilder, ChatOptions, ChatRequest, ConfigurationError, Messages, TextChunk
from chat_core.testing import FakeTransport
from chat_deepseek import DeepSeekBuilder
from chat_groq import GroqBuilder
from chat_huggingface import HuggingFaceBuilder
from chat_mistral import MistralBuilder
from chat_openrouter import OpenRouterBuilder
from chat_together import TogetherBuilder
from chat_xai import XAIBuilder

pytestmark = pytest.mark.anyio
GOOD = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}
STREAMED = [{"choices": [{"delta": {"content": "Hi."}, "finish_reason": "stop"}]}, "[DONE]"]
VENDORS: list[tuple[Any, str, str, str]] = [
    (AI21Builder, "ai21", "AI21_API_KEY", "https://api.ai21.com/studio/v1"),
    (CerebrasBuilder, "cerebras", "CEREBRAS_API_KEY", "https://api.cerebras.ai/v1"),
    (DeepSeekBuilder, "deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com"),
    (GroqBuilder, "groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1"),
    (MistralBuilder, "mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1"),
    (OpenRouterBuilder, "openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1"),
    (TogetherBuilder, "together", "TOGETHER_API_KEY", "https://api.together.ai/v1"),
    (XAIBuilder, "xai", "XAI_API_KEY", "https://api.x.ai/v1"),
]
each_vendor = pytest.mark.parametrize(
    ("builder", "name", "variable", "url"), VENDORS, ids=[v[1] for v in VENDORS]
)


@each_vendor
async def test_a_model_and_the_key_of_the_environment_are_all_it_takes(
    builder: Any, name: str, variable: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "sk-environment")
    transport = FakeTransport().answer(GOOD).answer(STREAMED)
    client = builder().with_model("m").with_transport(transport).build()
    chat = ChatBuilder().with_model(client).build()
    response = await chat.complete(Messages.from_user("Hello"))
    async with chat.stream(Messages.from_user("Hello")) as events:
        texts = [event.text async for event in events if isinstance(event, TextChunk)]

    assert (response.text, texts) == ("Hi.", ["Hi."])
    assert isinstance(client, ChatCompletionsClient)
    assert client.origin.provider == name
    assert [request.url for request in transport.requests] == [f"{url}/chat/completions"] * 2
    assert transport.requests[0].headers["authorization"] == "Bearer sk-environment"
    assert transport.bodies[0] == {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


@each_vendor
async def test_a_package_shows_its_names_and_no_others(
    builder: Any, name: str, variable: str, url: str
) -> None:
    package = importlib.import_module(builder.__module__.partition(".")[0])
    assert dir(package) == sorted(package.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'OtherBuilder'"):
        _ = package.OtherBuilder


LACKS: list[tuple[Any, ChatOptions, CompletionsOptions, str]] = [
    (AI21Builder, ChatOptions(seed=1), CompletionsOptions(), "seed"),
    (AI21Builder, ChatOptions(reasoning_effort="low"), CompletionsOptions(), "reasoning_effort"),
    (CerebrasBuilder, ChatOptions(top_k=1), CompletionsOptions(), "top_k"),
    (CerebrasBuilder, ChatOptions(), CompletionsOptions(store=True), "store"),
    (DeepSeekBuilder, ChatOptions(top_k=1), CompletionsOptions(), "top_k"),
    (DeepSeekBuilder, ChatOptions(), CompletionsOptions(verbosity="low"), "verbosity"),
    (GroqBuilder, ChatOptions(top_k=1), CompletionsOptions(), "top_k"),
    (GroqBuilder, ChatOptions(), CompletionsOptions(logprobs=True), "logprobs"),
    (HuggingFaceBuilder, ChatOptions(top_k=1), CompletionsOptions(), "top_k"),
    (MistralBuilder, ChatOptions(), CompletionsOptions(user="u"), "user"),
    (TogetherBuilder, ChatOptions(), CompletionsOptions(store=True), "store"),
    (XAIBuilder, ChatOptions(top_k=1), CompletionsOptions(), "top_k"),
    (XAIBuilder, ChatOptions(), CompletionsOptions(modalities=("text",)), "modalities"),
]


@pytest.mark.parametrize(("builder", "options", "of_the_wire", "name"), LACKS)
@pytest.mark.parametrize("stream", [False, True])
async def test_an_option_that_the_server_lacks_is_refused_by_name(
    builder: Any, options: ChatOptions, of_the_wire: CompletionsOptions, name: str, stream: bool
) -> None:
    transport = FakeTransport()
    client = builder().with_model("m").with_api_key("hf_k").with_options(of_the_wire)
    client = client.with_transport(transport).build()
    request = ChatRequest(Messages.from_user("Hello"), options=options)
    with pytest.raises(ConfigurationError, match=rf"has no {name}; if it does, \.with_extra_body"):
        await turn(client, request, stream)
    assert transport.requests == []


async def turn(client: Any, request: ChatRequest, stream: bool) -> None:
    if stream:
        _ = [event async for event in client.stream(request)]
    else:
        await client.complete(request)


async def test_openrouter_has_every_option_since_its_models_differ() -> None:
    transport = FakeTransport().answer(GOOD)
    client = (
        OpenRouterBuilder().with_model("m").with_api_key("k").with_options(CompletionsOptions(store=True))
    )
    request = ChatRequest(Messages.from_user("Hello"), options=ChatOptions(top_k=1))
    await client.with_transport(transport).build().complete(request)
    assert (transport.last_body["top_k"], transport.last_body["store"]) == (1, True)


COMMON = frozenset({"with_model", "with_responses", "with_embeddings", "build"})
ENDPOINTS = frozenset({"batch", "files", "videos"})  # files of an endpoint that is the vendor's own


@each_vendor
def test_a_package_is_a_few_dozen_lines_besides_what_only_its_vendor_has(
    builder: Any, name: str, variable: str, url: str
) -> None:
    package = importlib.import_module(builder.__module__.partition(".")[0])
    lines = own = 0
    for path in Path(package.__path__[0]).glob("*.py"):
        if path.stem in ENDPOINTS:
            continue
        text = path.read_text("utf-8")
        lines += len(text.splitlines())
        tree = ast.parse(text)
        tables = [node for node in tree.body if isinstance(node, ast.Assign)]  # its facts, as data
        own += sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in tables)
        for node in ast.walk(tree):
            is_method = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in COMMON
            if is_method and not node.name.startswith("_"):
                own += (node.end_lineno or node.lineno) - node.lineno + 1
    assert lines - own < 120


@each_vendor
async def test_the_key_of_the_environment_goes_to_no_other_server(
    builder: Any, name: str, variable: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "sk-environment")
    transport = FakeTransport().answer(GOOD)
    client = (
        builder().with_model("m").with_base_url("http://localhost:9000/v1").with_transport(transport).build()
    )
    await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    assert "authorization" not in transport.requests[0].headers


@each_vendor
def test_what_is_missing_is_named_with_the_next_step(
    builder: Any, name: str, variable: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigurationError, match=f"{name} needs an API key: set {variable} or use"):
        builder().with_model("m").build()
    with pytest.raises(ConfigurationError, match=rf"{builder.__name__}\.build\(\) needs \.with_model"):
        builder().build()


@pytest.mark.parametrize(
    ("builder", "dimensions"), [(MistralBuilder, 2), (OpenRouterBuilder, 2), (TogetherBuilder, None)]
)
async def test_those_that_have_embeddings_embed(builder: Any, dimensions: int | None) -> None:
    vectors = {"data": [{"index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.0]}]}
    transport = FakeTransport().answer(vectors)
    begun = builder().with_model("m").with_api_key("k").with_extra_body({"chat_only": 1})
    client = begun.with_embeddings(dimensions).with_transport(transport).build()
    response = await ChatBuilder().with_model(client).build().embed(["a", "b"])

    assert [list(embedding.vector) for embedding in response.embeddings] == [[1.0, 0.0], [0.0, 1.0]]
    assert transport.requests[0].url.endswith("/embeddings")
    assert "chat_only" not in transport.last_body


def test_vectors_that_cannot_be_shortened_are_refused_to_be() -> None:
    builder = TogetherBuilder().with_model("m").with_api_key("k").with_embeddings(256)
    with pytest.raises(ConfigurationError, match=r"together has no dimensions; .*endpoint=.embeddings"):
        builder.build()


@pytest.mark.parametrize("builder", [GroqBuilder, XAIBuilder, OpenRouterBuilder, DeepSeekBuilder])
async def test_those_that_have_a_responses_api_speak_it_too(builder: Any) -> None:
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]}
    transport = FakeTransport().answer({"id": "r", "status": "completed", "model": "m", "output": [message]})
    begun = builder().with_model("m").with_api_key("k").with_transport(transport)
    client = begun.with_extra_body({"chat_only": 1}).with_responses().build()
    response = await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    assert response.text == "Hi."
    request = transport.requests[0]
    base_url = next(url for made, _, _, url in VENDORS if made is builder)
    assert (request.url, request.headers["authorization"]) == (f"{base_url}/responses", "Bearer k")
    assert "chat_only" not in transport.last_body
