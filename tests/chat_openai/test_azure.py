"""Azure: where requests go, what authorizes them, and what the content filter found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from chat_completions import ChatCompletionsBuilder, ChatCompletionsClient
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ConfigurationError,
    Done,
    InvalidRequest,
    Messages,
    NotFound,
    RetryPolicy,
)
from chat_core.testing import FakeTransport
from chat_openai import EmbeddingOpenAIClient, ImageOpenAIClient, OpenAIClient
from chat_openai.azure import AzureOpenAIBuilder, ContentFilter, content_filters

pytestmark = pytest.mark.anyio

HELLO = ChatRequest(Messages.from_user("Hello"))
SAFE = {"hate": {"filtered": False, "severity": "safe"}, "jailbreak": {"detected": False, "filtered": False}}
RESPONSE = {
    "id": "r1",
    "status": "completed",
    "output": [
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
        }
    ],
    "content_filters": [
        {"source_type": "prompt", "content_filter_results": SAFE},
        {
            "source_type": "completion",
            "content_filter_results": {"violence": {"filtered": True, "severity": "high"}},
        },
    ],
}
CHAT = {
    "id": "c1",
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Hi"},
            "content_filter_results": SAFE,
        }
    ],
    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}],
}
VECTORS = {"data": [{"index": 0, "embedding": [1.0, 2.0]}], "usage": {"prompt_tokens": 1}}
PICTURE = {"created": 1, "data": [{"b64_json": "iVBORw0KGgo="}]}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_ENDPOINT", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def azure(transport: FakeTransport) -> AzureOpenAIBuilder[Any, Any]:
    made = AzureOpenAIBuilder().with_resource("my-resource").with_deployment("my gpt").with_api_key("a-key")
    return made.with_transport(transport)


async def use(client: Any) -> None:
    if isinstance(client, EmbeddingOpenAIClient):
        await client.embed(["a"])
    else:
        await client.complete(HELLO)


V1 = "https://my-resource.openai.azure.com/openai/v1"
DATED = "https://my-resource.openai.azure.com/openai"
VERSION = "2025-04-01-preview"
KINDS: dict[str, tuple[Callable[[Any], Any], type[Any], Any, str, str]] = {
    "responses": (lambda b: b, OpenAIClient, RESPONSE, "/responses", "/responses"),
    "chat": (
        lambda b: b.with_chat_completions(),
        ChatCompletionsClient,
        CHAT,
        "/chat/completions",
        "/deployments/my%20gpt/chat/completions",
    ),
    "embeddings": (
        lambda b: b.with_embeddings(8),
        EmbeddingOpenAIClient,
        VECTORS,
        "/embeddings",
        "/deployments/my%20gpt/embeddings",
    ),
    "images": (
        lambda b: b.with_images(n=1),
        ImageOpenAIClient,
        PICTURE,
        "/images/generations",
        "/deployments/my%20gpt/images/generations",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_v1_surface_has_one_address_and_the_deployment_is_the_model(kind: str) -> None:
    choose, type, answer, path, _ = KINDS[kind]
    transport = FakeTransport().answer(answer)
    client = choose(azure(transport)).build()
    assert isinstance(client, type)
    await use(client)
    [request] = transport.requests
    assert request.url == V1 + path
    assert transport.last_body["model"] == "my gpt"
    assert request.headers["api-key"] == "a-key"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("kind", KINDS)
async def test_a_dated_version_has_the_deployment_in_the_path(kind: str) -> None:
    choose, _, answer, _, path = KINDS[kind]
    transport = FakeTransport().answer(answer)
    await use(choose(azure(transport).with_api_version(VERSION)).build())
    assert transport.requests[0].url == f"{DATED}{path}?api-version={VERSION}"


async def test_a_version_of_the_v1_surface_is_a_query() -> None:
    transport = FakeTransport().answer(RESPONSE)
    await use(azure(transport).with_api_version("preview").build())
    assert transport.requests[0].url == f"{V1}/responses?api-version=preview"


@pytest.mark.parametrize(
    "url",
    [
        "https://my-resource.openai.azure.com",
        "https://my-resource.openai.azure.com/",
        "https://my-resource.openai.azure.com/openai/v1/",
        "https://my-resource.openai.azure.com/openai/deployments/x/chat/completions?api-version=2024-02-01",
    ],
)
async def test_an_endpoint_is_taken_in_every_form_that_the_portal_shows(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = FakeTransport().answer(RESPONSE).answer(RESPONSE)
    await use(azure(transport).with_endpoint(url).build())
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", url)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "from-the-environment")
    await use(AzureOpenAIBuilder().with_deployment("m").with_transport(transport).build())
    assert [request.url for request in transport.requests] == [f"{V1}/responses"] * 2
    assert transport.requests[1].headers["api-key"] == "from-the-environment"


async def test_a_gateway_s_path_stays() -> None:
    transport = FakeTransport().answer(RESPONSE)
    await use(azure(transport).with_endpoint("https://gateway.example.com/azure").build())
    assert transport.requests[0].url == "https://gateway.example.com/azure/openai/v1/responses"


async def test_the_environment_s_token_goes_before_its_key_and_both_to_azure_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "env-key")
    transport = FakeTransport().answer(RESPONSE).answer(RESPONSE).answer(RESPONSE)
    made = AzureOpenAIBuilder().with_deployment("m").with_transport(transport)
    await use(made.with_endpoint("https://elsewhere.example.com").build())
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "env-token")
    await use(made.with_endpoint("https://elsewhere.example.com").build())
    await use(made.with_resource("r").build())
    for request in transport.requests[:2]:
        assert not {"api-key", "authorization"} & request.headers.keys()
    assert transport.requests[2].headers["authorization"] == "Bearer env-token"
    assert "api-key" not in transport.requests[2].headers


class AccessToken(NamedTuple):
    token: str
    expires_on: int


class SyncCredential:
    """A credential in azure-identity's shape."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        self.scopes += scopes
        return AccessToken(f"entra-{len(self.scopes)}", 4_000_000_000)


class AsyncCredential(SyncCredential):
    async def get_token(self, *scopes: str, **_: object) -> AccessToken:  # type: ignore[override]
        return super().get_token(*scopes)


@pytest.mark.parametrize("credential", [SyncCredential, AsyncCredential])
@pytest.mark.parametrize(
    ("endpoint", "scope"),
    [
        ("https://r.openai.azure.com", "https://cognitiveservices.azure.com/.default"),
        ("https://r.services.ai.azure.com", "https://ai.azure.com/.default"),
    ],
)
async def test_a_credential_of_azure_identity_is_taken_as_it_is(
    credential: Any, endpoint: str, scope: str
) -> None:
    transport = (
        FakeTransport().answer(RESPONSE).answer(RESPONSE).answer({"error": {}}, status=401).answer(RESPONSE)
    )
    source = credential()
    client = azure(transport).with_endpoint(endpoint).with_credentials(source).build()
    for _ in range(3):
        await use(client)
    tokens = [request.headers["authorization"] for request in transport.requests]
    assert tokens == ["Bearer entra-1"] * 3 + ["Bearer entra-2"]
    assert source.scopes == [scope, scope]
    assert all("api-key" not in request.headers for request in transport.requests)


async def test_a_token_provider_and_a_scope_of_one_s_own_are_taken_and_a_key_takes_their_place() -> None:
    transport = FakeTransport().answer(RESPONSE).answer(CHAT).answer(RESPONSE)
    await use(azure(transport).with_credentials(lambda: "provided").build())
    own = SyncCredential()
    await use(
        azure(transport).with_credentials(own, scope="https://x/.default").with_chat_completions().build()
    )
    await use(azure(transport).with_credentials(own).with_api_key("the-key").build())
    assert transport.requests[0].headers["authorization"] == "Bearer provided"
    assert own.scopes == ["https://x/.default"]
    assert transport.requests[2].headers["api-key"] == "the-key"


async def test_azure_identity_s_own_classes_fit() -> None:
    identity = pytest.importorskip("azure.identity")
    provider = identity.get_bearer_token_provider(SyncCredential(), "https://x/.default")
    transport = FakeTransport().answer(RESPONSE)
    await use(azure(transport).with_credentials(provider).build())
    assert transport.requests[0].headers["authorization"] == "Bearer entra-1"
    credential = identity.ClientSecretCredential("tenant", "client", "the-secret")
    client = azure(transport).with_credentials(credential).build()
    assert "the-secret" not in repr(client)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = AzureOpenAIBuilder()
    with pytest.raises(ConfigurationError, match=r"needs \.with_deployment"):
        made.with_resource("r").build()  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match=r"with_resource.*with_endpoint.*AZURE_OPENAI_ENDPOINT"):
        made.with_deployment("m").build()
    with pytest.raises(ConfigurationError, match=r"set AZURE_OPENAI_API_KEY or use .*DefaultAzureCredential"):
        made.with_deployment("m").with_resource("r").build()
    with pytest.raises(ConfigurationError, match="not the name of a resource"):
        made.with_resource("https://r.openai.azure.com")
    with pytest.raises(ConfigurationError, match="not an API version"):
        made.with_api_version("2")
    with pytest.raises(ConfigurationError, match="leave out what sets native_tools"):
        made.with_resource("r").with_deployment("m").with_api_key(
            "k"
        ).with_web_search().with_chat_completions().build()
    with pytest.raises(ConfigurationError, match="path"):
        azure(FakeTransport()).with_api_version(VERSION).with_deployment("..").with_embeddings().build()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_deployment_that_does_not_exist_shows_azure_s_words(stream: bool) -> None:
    words = "The API deployment for this resource does not exist."
    transport = FakeTransport().answer(
        {"error": {"code": "DeploymentNotFound", "message": words}},
        status=404,
        headers={"apim-request-id": "q1"},
    )
    with pytest.raises(NotFound, match="deployment for this resource") as caught:
        await _turn(azure(transport).build(), stream)
    assert (caught.value.code, caught.value.request_id) == ("DeploymentNotFound", "q1")


async def _turn(client: Any, stream: bool) -> Any:
    chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=0)).build()
    messages = Messages.from_user("Hello")
    if not stream:
        return await chat.complete(messages)
    async with chat.stream(messages) as events:
        [last] = [event.response async for event in events if isinstance(event, Done)]
        return last


@pytest.mark.parametrize("stream", [False, True])
async def test_what_the_filter_found_is_data_of_responses_and_chat_completions(stream: bool) -> None:
    transport = FakeTransport().answer(RESPONSE).answer(CHAT)
    found = content_filters(await _turn(azure(transport).build(), stream))
    assert [(each.source, each.category, each.filtered) for each in found] == [
        ("prompt", "hate", False),
        ("prompt", "jailbreak", False),
        ("completion", "violence", True),
    ]
    assert (found[1].detected, found[2].severity) == (False, "high")
    found = content_filters(await _turn(azure(transport).with_chat_completions().build(), stream))
    assert {each.source for each in found} == {"prompt", "completion"}
    assert len(found) == 4


async def test_what_the_filter_found_in_a_prompt_that_it_blocked_is_on_the_error() -> None:
    inner = {
        "code": "ResponsibleAIPolicyViolation",
        "content_filter_result": {"self-harm": {"filtered": True, "severity": "high"}},
    }
    error = {"error": {"code": "content_filter", "message": "The prompt was filtered.", "innererror": inner}}
    with pytest.raises(InvalidRequest, match="filtered") as caught:
        await azure(FakeTransport().answer(error, status=400)).build().complete(HELLO)
    assert content_filters(caught.value) == [ContentFilter("prompt", "self_harm", True, "high")]


def test_no_repr_shows_a_key() -> None:
    made = azure(FakeTransport()).with_credentials(SyncCredential())
    client = azure(FakeTransport()).build()
    assert "a-key" not in f"{client!r} {made!r} {json.dumps(str(client))}"


async def test_the_older_surface_for_other_models_takes_the_key_and_the_version_as_azure_does() -> None:
    transport = FakeTransport().answer(
        {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}
    )
    url = "https://r.services.ai.azure.com/models"
    client = (
        ChatCompletionsBuilder()
        .with_base_url(f"{url}?api-version=2024-05-01-preview")
        .with_header("api-key", "k")
        .with_model("grok-4")
        .with_transport(transport)
        .build()
    )
    response = await client.complete(ChatRequest(Messages.from_user("Hi")))
    assert (response.text, client.origin.provider) == ("Hi.", "azure")
    assert transport.requests[0].url == f"{url}/chat/completions?api-version=2024-05-01-preview"
    assert transport.requests[0].headers["api-key"] == "k"
    assert "authorization" not in transport.requests[0].headers
