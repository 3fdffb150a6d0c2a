"""One rule for the base URLs of all builders: the query goes along with each request, and holds no secret."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from chat_ai21 import AI21Builder
from chat_bedrock import BedrockBuilder
from chat_cerebras import CerebrasBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder, Dialect
from chat_core import ChatError, ConfigurationError, File, Messages, Request
from chat_core.provider import ModelListProvider, SupportsFiles, TokenCountProvider
from chat_core.testing import FakeTransport
from chat_deepseek import DeepSeekBuilder
from chat_gemini import GeminiBuilder
from chat_groq import GroqBuilder
from chat_huggingface import HuggingFaceBuilder
from chat_mistral import MistralBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_openrouter import OpenRouterBuilder
from chat_responses import ResponsesBuilder
from chat_together import TogetherBuilder
from chat_xai import XAIBuilder

pytestmark = pytest.mark.anyio

BUILDERS: dict[str, Any] = {
    "completions": ChatCompletionsBuilder(),
    "completions, counting": ChatCompletionsBuilder().with_dialect(Dialect.vllm()).with_token_counts(),
    "responses": ResponsesBuilder(),
    "openai": OpenAIBuilder(),
    "azure": AzureOpenAIBuilder(),
    "azure, dated": AzureOpenAIBuilder().with_api_version("2025-04-01-preview"),
    "claude": ClaudeBuilder(),
    "claude on bedrock": ClaudeBuilder().with_bedrock("eu-central-1"),
    "claude on vertex": ClaudeBuilder().with_vertex("project", "us"),
    "claude on foundry": ClaudeBuilder().with_foundry("resource"),
    "gemini": GeminiBuilder(),
    "gemini on vertex": GeminiBuilder().with_vertex("project", "us"),
    "ollama": OllamaBuilder(),
    "ollama, native": OllamaBuilder().with_native(),
    "cohere": CohereBuilder(),
    "bedrock": BedrockBuilder().with_region("us-east-1"),
    "huggingface": HuggingFaceBuilder(),
    "groq": GroqBuilder(),
    "together": TogetherBuilder(),
    "deepseek": DeepSeekBuilder(),
    "openrouter": OpenRouterBuilder(),
    "mistral": MistralBuilder(),
    "ai21": AI21Builder(),
    "cerebras": CerebrasBuilder(),
    "xai": XAIBuilder(),
}
GATEWAY = "https://gateway.example/team/?deployment=a%2Fb&deployment=c"


def client_of(name: str, base_url: str, network: FakeTransport) -> Any:
    return (
        BUILDERS[name]
        .with_base_url(base_url)
        .with_api_key("hf_secret")
        .with_model("m")
        .with_transport(network)
        .build()
    )


async def requests_of(name: str, base_url: str) -> list[Request]:
    """What a client sends for whatever it can do; each request is refused."""
    network = FakeTransport()
    client = client_of(name, base_url, network)
    messages = Messages.from_user("Hi")
    calls = [lambda: client.complete(messages), lambda: anext(client.stream(messages))]
    if isinstance(client, TokenCountProvider):
        calls.append(lambda: client.count_tokens(messages))
    if isinstance(client, ModelListProvider):
        calls.append(client.list_models)
    if isinstance(client, SupportsFiles):
        calls += [lambda: anext(client.files.list()), lambda: client.files.get("files-1")]
        calls.append(lambda: client.files.upload(File.from_bytes(b"a", "text/plain", name="a.txt")))
    for call in calls:
        network.answer({"error": {"message": "no"}}, status=400)
        try:
            await call()
        except ConfigurationError:
            pass  # this server has none
        except ChatError:
            assert network.requests
    return network.requests


@pytest.mark.parametrize("name", BUILDERS)
async def test_the_query_of_a_base_url_goes_along_with_every_request(name: str) -> None:
    requests = await requests_of(name, GATEWAY)
    assert len(requests) >= 2
    for request in requests:
        url = urlsplit(request.url)
        assert url.path.startswith(("/team/", "/upload/team/")), request.url
        assert "?" not in url.path
        assert "//" not in url.path
        assert parse_qs(url.query)["deployment"] == ["a/b", "c"], request.url


@pytest.mark.parametrize("name", BUILDERS)
async def test_beside_the_query_the_address_is_what_it_is_without_one(name: str) -> None:
    plain = [urlsplit(request.url) for request in await requests_of(name, "https://gateway.example/team")]
    with_query = [urlsplit(request.url) for request in await requests_of(name, GATEWAY)]
    assert [url.path for url in with_query] == [url.path for url in plain]
    extra = "deployment=a%2Fb&deployment=c"
    assert [url.query for url in with_query] == ["&".join(filter(None, (extra, url.query))) for url in plain]


@pytest.mark.parametrize("query", ["key=AIza", "api_key=a", "subscription-key=a", "a=b&token="])
@pytest.mark.parametrize("name", BUILDERS)
def test_a_key_in_the_query_is_refused_with_where_it_goes(name: str, query: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"with_header\(\.\.\.\) for a key of a gateway's"
    ) as refused:
        client_of(name, f"https://gateway.example/v1?{query}", FakeTransport())
    assert "AIza" not in str(refused.value)


def test_the_version_that_azures_portal_adds_is_set_by_its_method() -> None:
    network = FakeTransport()
    portal = "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21&team=a"
    client = client_of("azure, dated", portal, network)
    url = client.explain(Messages.from_user("Hi")).url
    assert url == "https://r.openai.azure.com/openai/responses?team=a&api-version=2025-04-01-preview"


def test_the_query_of_a_host_of_ollamas_is_kept() -> None:
    client = OllamaBuilder().with_host("gpu.example:8000?team=a").with_model("m").build()
    assert client.explain(Messages.from_user("Hi")).url.endswith("/v1/chat/completions?team=a")
