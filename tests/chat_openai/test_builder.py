"""What the builder asks for, where the key goes, and what the native tools say on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import AuthenticationError, ChatBuilder, ConfigurationError, Messages, RetryPolicy
from chat_core.testing import FakeTransport
from chat_openai import EmbeddingOpenAIClient, OpenAIBuilder, OpenAIClient
from openai.types.responses import response_create_params
from pydantic import TypeAdapter

pytestmark = pytest.mark.anyio
CREATE: TypeAdapter[Any] = TypeAdapter(response_create_params.ResponseCreateParamsNonStreaming)
ANSWER = {
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
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


async def sent(builder: Any) -> tuple[FakeTransport, dict[str, Any]]:
    """What the client that is built sends, which the official SDK's types accept."""
    transport = FakeTransport().answer(ANSWER)
    chat = ChatBuilder().with_model(builder.with_transport(transport).build()).build()
    assert (await chat.complete(Messages.from_user("Hello"))).text == "Hi"
    body: dict[str, Any] = json.loads(transport.requests[0].body)
    CREATE.validate_python(body)
    return transport, body


async def test_a_model_is_all_that_it_takes() -> None:
    transport, body = await sent(OpenAIBuilder().with_model("gpt-5.6"))
    [request] = transport.requests
    assert (request.method, request.url) == ("POST", "https://api.openai.com/v1/responses")
    assert request.headers["authorization"] == "Bearer from-the-environment"
    assert body == {"model": "gpt-5.6", "input": [{"role": "user", "content": "Hello"}], "store": False}


async def test_the_base_url_of_the_environment_gets_the_key_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1/")
    transport, _ = await sent(OpenAIBuilder().with_model("m"))
    assert transport.requests[0].url == "http://localhost:8000/v1/responses"
    assert transport.requests[0].headers["authorization"] == "Bearer from-the-environment"


async def test_the_key_of_the_environment_goes_to_no_other_server() -> None:
    transport, _ = await sent(OpenAIBuilder().with_model("m").with_base_url("http://localhost:8000/v1"))
    assert "authorization" not in transport.requests[0].headers


@pytest.mark.parametrize(
    ("name", "value"),
    [("api-key", "azure-key"), ("Authorization", "Bearer entra-token")],
    ids=["key", "token"],
)
async def test_azures_v1_endpoint_takes_a_key_or_a_token(name: str, value: str) -> None:
    azure = OpenAIBuilder().with_model("my-deployment").with_base_url("https://me.openai.azure.com/openai/v1")
    transport, _ = await sent(azure.with_header(name, value))
    assert transport.requests[0].url == "https://me.openai.azure.com/openai/v1/responses"
    assert transport.requests[0].headers[name.lower()] == value


async def test_a_refused_key_is_not_shown() -> None:
    said = {
        "error": {"code": "invalid_api_key", "message": "Incorrect API key provided: from-the-environment."},
        "status": 401,
    }
    transport = FakeTransport().answer(said, status=401, headers={"x-request-id": "req_1"})
    client = OpenAIBuilder().with_model("m").with_transport(transport).build()
    with pytest.raises(AuthenticationError) as caught:
        await (
            ChatBuilder()
            .with_model(client)
            .with_retry(RetryPolicy(max_retries=0))
            .build()
            .complete(Messages.from_user("Hello"))
        )
    assert (caught.value.code, caught.value.request_id) == ("invalid_api_key", "req_1")
    assert "from-the-environment" not in repr(caught.value) + str(caught.value) + str(caught.value.body)


def test_the_error_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"OpenAIBuilder\.build\(\) needs \.with_model"):
        OpenAIBuilder().build()  # type: ignore[call-overload]
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ConfigurationError, match="set OPENAI_API_KEY or use"):
        OpenAIBuilder().with_model("m").build()
    with pytest.raises(ConfigurationError, match="vector store"):
        OpenAIBuilder().with_file_search()
    with pytest.raises(ConfigurationError, match="url or a connector_id"):
        OpenAIBuilder().with_mcp_server("docs")
    with pytest.raises(ConfigurationError, match="not a base URL"):
        OpenAIBuilder().with_base_url("ftp://a.example")


def test_a_builder_is_not_changed_by_what_is_built_on_it() -> None:
    first = OpenAIBuilder().with_model("m")
    second = first.with_web_search().with_verbosity("low").with_embeddings()
    assert isinstance(first.build(), OpenAIClient)
    assert not isinstance(first.build(), EmbeddingOpenAIClient)
    assert isinstance(second.build(), EmbeddingOpenAIClient)


def test_no_repr_shows_a_secret() -> None:
    builder = (
        OpenAIBuilder()
        .with_model("m")
        .with_api_key("sk-secret")
        .with_header("x-key", "secret")
        .with_mcp_server("docs", "https://a.example", authorization="secret")
        .with_extra_body({"metadata": {"a": "secret"}})
    )
    client = builder.build()
    for thing in (builder, client, builder._choices, builder._connection, client._settings):
        assert "secret" not in repr(thing)


TOOLS: dict[str, tuple[Any, dict[str, Any]]] = {
    "web search": (OpenAIBuilder().with_web_search(), {"type": "web_search"}),
    "web search, told where": (
        OpenAIBuilder().with_web_search(
            context_size="low", allowed_domains=["a.example"], country="CH", city="Zürich", live=False
        ),
        {
            "type": "web_search",
            "search_context_size": "low",
            "filters": {"allowed_domains": ["a.example"]},
            "user_location": {"type": "approximate", "country": "CH", "city": "Zürich"},
            "external_web_access": False,
        },
    ),
    "image generation": (
        OpenAIBuilder().with_image_generation(
            size="1024x1024", quality="low", output_format="webp", partial_images=2, compression=50
        ),
        {
            "type": "image_generation",
            "size": "1024x1024",
            "quality": "low",
            "output_format": "webp",
            "output_compression": 50,
            "partial_images": 2,
        },
    ),
    "file search": (
        OpenAIBuilder().with_file_search("vs_1", "vs_2", max_results=3),
        {"type": "file_search", "vector_store_ids": ["vs_1", "vs_2"], "max_num_results": 3},
    ),
    "code interpreter": (
        OpenAIBuilder().with_code_interpreter(file_ids=["file_1"]),
        {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file_1"]}},
    ),
    "code interpreter, in a container": (
        OpenAIBuilder().with_code_interpreter("cntr_1"),
        {"type": "code_interpreter", "container": "cntr_1"},
    ),
    "mcp server": (
        OpenAIBuilder().with_mcp_server(
            "docs", "https://a.example/mcp", allowed_tools=["find"], require_approval="never"
        ),
        {
            "type": "mcp",
            "server_label": "docs",
            "server_url": "https://a.example/mcp",
            "allowed_tools": ["find"],
            "require_approval": "never",
        },
    ),
    "anything else": (OpenAIBuilder().with_native_tool({"type": "local_shell"}), {"type": "local_shell"}),
}


@pytest.mark.parametrize("name", TOOLS)
async def test_a_native_tool_goes_to_the_wire_as_it_says(name: str) -> None:
    builder, tool = TOOLS[name]
    _, body = await sent(builder.with_model("m"))
    assert body["tools"] == [tool]


async def test_the_typed_options_reach_the_wire() -> None:
    builder = (
        OpenAIBuilder().with_model("gpt-5.6").with_reasoning("low", summary="auto").with_verbosity("low")
    )
    builder = (
        builder.with_service_tier("flex").with_prompt_cache_key("k").with_truncation("auto").with_web_search()
    )
    _, body = await sent(
        builder.with_include("web_search_call.action.sources").with_extra_body({"metadata": {"a": "b"}})
    )
    assert body["reasoning"] == {"effort": "low", "summary": "auto"}
    assert body["text"] == {"verbosity": "low"}
    assert body["include"] == ["web_search_call.action.sources", "reasoning.encrypted_content"]
    assert (body["service_tier"], body["prompt_cache_key"], body["truncation"]) == ("flex", "k", "auto")
    assert body["metadata"] == {"a": "b"}
