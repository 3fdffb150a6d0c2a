"""What `explain` returns is what would be sent, without a network and without secrets."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest
from chat_ai21 import AI21Builder
from chat_bedrock import BedrockBuilder
from chat_cerebras import CerebrasBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    ConnectionFailed,
    ExplainingProvider,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    RequireApproval,
    ScopedCollection,
    Text,
    ToolCall,
    ToolDefinition,
    explain_difference,
    tool,
)
from chat_core.client import AwsCredentials
from chat_core.client.explain import explanation
from chat_core.middleware import ProviderWrapper, RedactingProvider
from chat_core.sync import SyncChat
from chat_core.testing import FakeTransport
from chat_core.transport import Request
from chat_core.types.request import OutputSchema
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
KEY = "hf_a-secret-key-of-ours"
BUILDERS: dict[str, Any] = {
    "ai21": AI21Builder(),
    "azure": AzureOpenAIBuilder().with_base_url("https://a.openai.azure.com/openai/v1"),
    "bedrock": BedrockBuilder().with_region("eu-west-1"),
    "cerebras": CerebrasBuilder(),
    "claude": ClaudeBuilder(),
    "claude on bedrock": ClaudeBuilder().with_bedrock("eu-west-1"),
    "cohere": CohereBuilder(),
    "completions": ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1"),
    "deepseek": DeepSeekBuilder(),
    "gemini": GeminiBuilder(),
    "groq": GroqBuilder(),
    "huggingface": HuggingFaceBuilder(),
    "mistral": MistralBuilder(),
    "ollama": OllamaBuilder(),
    "ollama native": OllamaBuilder().with_native(),
    "openai": OpenAIBuilder(),
    "openrouter": OpenRouterBuilder(),
    "responses": ResponsesBuilder().with_base_url("http://localhost:8000/v1"),
    "together": TogetherBuilder(),
    "xai": XAIBuilder(),
}
WEATHER = ToolDefinition(
    "weather", "The weather.", {"type": "object", "properties": {"city": {"type": "string"}}}
)
CITY = OutputSchema(
    "city",
    {
        "type": "object",
        "properties": {"name": {"type": "string", "minLength": 1}},
        "required": ["name"],
    },
)


def client_of(name: str, transport: FakeTransport) -> Any:
    builder = BUILDERS[name].with_model("a-model").with_api_key(KEY).with_transport(transport)
    return builder.with_header("x-team", "weather").build()


def requests() -> dict[str, ChatRequest]:
    """Requests with what may be in one."""
    history = Messages.from_system("Be brief.").add_user("What is in it?")
    history.add_user("And the weather?")
    call = ToolCall("c1", "weather", {"city": "Bern"})
    history.append(Message("model", [Text("Let me see."), call]))
    call.complete("rain")
    return {
        "text": ChatRequest(Messages.from_user("Hello")),
        "tools and history": ChatRequest(history, [WEATHER], ChatOptions(max_tokens=100)),
        "typed": ChatRequest(Messages.from_user("Where?"), output=CITY),
    }


async def first_event(client: Any, request: ChatRequest) -> object:
    async with aclosing(client.stream(request)) as events:
        return await anext(events)


@pytest.mark.parametrize("what", requests())
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", BUILDERS)
async def test_the_explanation_has_the_bytes_that_are_sent(name: str, what: str, *, stream: bool) -> None:
    transport = FakeTransport()
    client, request = client_of(name, transport), requests()[what]
    assert isinstance(client, ExplainingProvider)
    explained = client.explain(request, stream=stream)
    assert transport.requests == []

    transport.fail(ConnectionFailed("no network"))
    with pytest.raises(ConnectionFailed):
        await (first_event(client, request) if stream else client.complete(request))

    (sent,) = transport.requests
    assert explained.content == sent.body
    assert explained.body == transport.last_body
    assert explained.body == client.request_body(request, stream=stream)
    assert (explained.method, explained.url) == (sent.method, sent.url)
    assert explained.headers.keys() == sent.headers.keys()
    assert explained.headers["x-team"] == "weather"
    assert KEY in f"{sent.headers}"
    assert KEY not in f"{explained.headers}{explained!r}{explained}"


async def test_notices_say_what_is_not_sent() -> None:
    client = client_of("claude", FakeTransport())
    block = Opaque(Native(Origin("gemini", "https://a.example", "m"), {"executableCode": {}}))
    messages = Messages.from_user("Hi").append(Message("model", [block, Text("Hello")])).add_user("Well?")
    explained = client.explain(messages)
    assert [notice.about for notice in explained.notices] == ["messages"]
    assert "notice: messages: a block that only gemini (m) can read was not sent" in f"{explained}"


async def test_headers_that_a_transport_adds_are_named() -> None:
    signed = BedrockBuilder().with_region("eu-west-1").with_model("m")
    signed = signed.with_aws_credentials(AwsCredentials("AKID", "a-secret-key"))
    explained = signed.with_transport(FakeTransport()).build().explain("Hi")
    assert explained.headers["authorization"] == "AWS4-HMAC-SHA256 ***"
    assert "x-amz-date" in explained.headers

    async def token() -> str:
        raise AssertionError("no token is needed")

    azure = (
        AzureOpenAIBuilder()
        .with_base_url("https://a.openai.azure.com/openai/v1")
        .with_credentials(token)
        .with_model("m")
        .with_transport(FakeTransport())
        .build()
    )
    assert azure.explain("Hi").headers["authorization"] == "Bearer ***"


def test_the_readable_form_cuts_long_texts_and_hides_keys_in_the_body() -> None:
    builder = ClaudeBuilder().with_model("claude-opus-4-8").with_api_key(KEY)
    servers = [{"type": "url", "url": "https://a.example", "name": "a", "authorization_token": "mcp-token"}]
    client = builder.with_extra_body({"mcp_servers": servers}).build()
    picture = File.from_bytes(b"\x89PNG\r\n\x1a\n" + bytes(3000), "image/png")
    explained = client.explain(Messages.from_user("Look.", picture))

    assert "mcp-token" not in f"{explained}"
    assert b"mcp-token" in explained.content
    assert "... (4012 characters)" in f"{explained}"
    assert len(explained.content) > 4000
    assert len(f"{explained}") < 1500
    assert f"{explained}".startswith("POST https://api.anthropic.com/v1/messages\n")
    assert "x-api-key: ***" in f"{explained}".splitlines()


def test_a_key_in_the_query_of_an_address_is_hidden() -> None:
    request = Request("POST", f"https://a.example/v1/chat?api-version=2&subscription-key={KEY}", {}, b"{}")
    url = explanation(request, (), FakeTransport()).url
    assert url == "https://a.example/v1/chat?api-version=2&subscription-key=***"


def test_what_cannot_be_sent_is_refused_as_sending_refuses_it() -> None:
    client = client_of("completions", FakeTransport())
    with pytest.raises(ConfigurationError, match="a conversation is Messages, not an int"):
        client.explain(3)
    with pytest.raises(ConfigurationError, match="a system message holds text"):
        client.explain(Messages.from_system(File.from_id("a")).add_user("Hi"))


def test_a_difference_between_two_clients_is_one_call() -> None:
    transport = FakeTransport()
    groq, xai = client_of("groq", transport), client_of("xai", transport)
    difference = explain_difference(groq, xai, "Hello")
    assert "-POST https://api.groq.com/openai/v1/chat/completions" in difference.splitlines()
    assert "+POST https://api.x.ai/v1/chat/completions" in difference.splitlines()
    assert explain_difference(groq, groq, "Hello") == ""
    warm = groq.explain(ChatRequest(Messages.from_user("Hello"), options=ChatOptions(temperature=1.0)))
    assert '+  "temperature": 1.0' in groq.explain("Hello").difference(warm)


@tool
def weather(city: str) -> str:
    """The weather.

    Args:
        city: The city.
    """
    return "rain"


async def test_a_chat_explains_the_turn_that_it_would_begin() -> None:
    transport = FakeTransport().fail(ConnectionFailed("no network"))
    client = client_of("completions", transport)
    chat = (
        ChatBuilder()
        .with_model(client)
        .with_tools([weather])
        .with_options(ChatOptions(temperature=0.5))
        .with_structured_output(list[int])
        .with_max_steps(1)
        .build()
    )
    messages = Messages.from_user("How warm was it?")
    explained = chat.explain(messages, options=ChatOptions(max_tokens=9))
    assert len(messages) == 1
    assert explained.body["tools"]
    assert explained.body["response_format"]
    assert (explained.body["temperature"], explained.body["max_tokens"]) == (0.5, 9)
    with SyncChat(chat) as sync:
        assert sync.explain("How warm was it?", options=ChatOptions(max_tokens=9)) == explained


async def test_a_chat_whose_calls_are_open_does_not_know_its_next_request() -> None:
    client = client_of("completions", FakeTransport())
    collection = ScopedCollection([weather], lambda call, meta: RequireApproval())
    chat = ChatBuilder().with_model(client).with_scoped_tools(collection).build()
    messages = Messages.from_user("The weather?")
    messages.append(Message("model", [ToolCall("c1", "weather", {"city": "Bern"})]))
    with pytest.raises(ConfigurationError, match=r"decided or run before .* weather \(c1\)"):
        chat.explain(messages)
    messages[1].tool_calls[0].reject("not now")
    assert b"not now" in chat.explain(messages).content
    with pytest.raises(ConfigurationError, match="there is nothing to send"):
        chat.explain(Messages())


async def test_middleware_is_named_and_not_run() -> None:
    def refuse(request: Any, next: Any) -> Any:
        raise AssertionError("it is not run")

    client = client_of("completions", FakeTransport())
    chat = ChatBuilder().with_model(client).with_middleware(refuse).build()
    (notice,) = chat.explain("Hello").notices
    assert notice.about == "middleware"
    assert "refuse" in notice.message


async def test_a_function_that_chooses_tools_is_called() -> None:
    client = client_of("completions", FakeTransport())
    chat = ChatBuilder().with_model(client).with_tools(lambda step: [weather]).build()
    assert b'"weather"' in chat.explain("Hello").content


async def test_a_wrapper_explains_what_the_client_within_sends() -> None:
    client = client_of("completions", FakeTransport())
    assert ProviderWrapper(client).explain(ChatRequest(Messages.from_user("Hi"))) == client.explain("Hi")
    redacting = RedactingProvider(client)
    explained = redacting.explain(ChatRequest(Messages.from_user("I am ann@example.org")))
    assert b"ann@example.org" not in explained.content
    assert b"[EMAIL_1]" in explained.content


async def test_a_provider_that_does_not_explain_is_refused() -> None:
    from chat_core.testing import ScriptedProvider

    chat: Any = ChatBuilder().with_model(ScriptedProvider([])).build()
    with pytest.raises(ConfigurationError, match="ScriptedProvider does not tell what it would send"):
        chat.explain("Hello")
