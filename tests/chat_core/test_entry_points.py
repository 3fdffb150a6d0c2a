"""One text names a provider and a model; what is missing is named with the package that brings it."""

from __future__ import annotations

import tomllib
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import ConfigurationError, Done, Messages, open_model
from chat_core.entry_points import GROUP
from chat_core.testing import FakeTransport

PROJECTS = sorted((Path(__file__).parents[2] / "packages").glob("*/pyproject.toml"))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry points of this repository, whether or not they are installed anew."""
    declared = [
        EntryPoint(name, value, GROUP)
        for project in PROJECTS
        for name, value in tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        .get("entry-points", {})
        .get(GROUP, {})
        .items()
    ]
    broken = EntryPoint("broken", "chat_nowhere:Builder", GROUP)
    module = import_module("chat_core.entry_points")
    monkeypatch.setattr(module, "entry_points", lambda group: [*declared, broken] if group == GROUP else [])


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "client", "model"),
    [
        ("openai:gpt-5.6", "OpenAIClient", "gpt-5.6"),
        ("claude:claude-sonnet-5-5", "ClaudeClient", "claude-sonnet-5-5"),
        ("gemini:gemini-3.5-flash", "GeminiClient", "gemini-3.5-flash"),
        ("ollama:qwen3:4b", "OllamaClient", "qwen3:4b"),
        ("local:smollm2", "LocalClient", "smollm2"),
        ("completions:llama-4", "ChatCompletionsClient", "llama-4"),
        ("cerebras:gpt-oss-120b", "CerebrasClient", "gpt-oss-120b"),
        ("huggingface:org/model:groq", "HuggingFaceClient", "org/model:groq"),
    ],
)
def test_a_name_opens_the_client_of_its_provider(
    name: str, client: str, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI", "ANTHROPIC", "GEMINI", "CEREBRAS"):
        monkeypatch.setenv(f"{variable}_API_KEY", "a-key")
    monkeypatch.setenv("HF_TOKEN", "hf_key")
    opened = open_model(name)
    assert type(opened).__name__ in (client, "ChatCompletionsClient")
    assert opened.model == model


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpt-5.6", r"write 'openai:gpt-5\.6'\. Installed are .*broken, cerebras, claude"),
        ("openai:", "names no provider and model"),
        ("groqq:llama", "pip install chat-groqq"),
        ("anthropic:claude-5", "pip install chat-claude, and write 'claude:claude-5'"),
        (" ", r"takes a text such as 'openai:gpt-5\.6', not an empty one"),
        ("broken:x", "chat_nowhere"),
    ],
)
def test_what_cannot_be_opened_is_named_with_what_to_do(name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        open_model(name)


def test_without_any_package_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("chat_core.entry_points"), "entry_points", lambda group: [])
    with pytest.raises(ConfigurationError, match="pip install chat-openai"):
        open_model("openai:gpt-5.6")


@pytest.mark.anyio
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "provider", ["openai", "claude", "gemini", "ollama", "local", "completions", "bedrock", "cohere"]
)
async def test_a_client_takes_a_text_a_conversation_or_a_request_and_nothing_else(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in (
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GEMINI_API_KEY",
        "CO_API_KEY",
        "AWS_BEARER_TOKEN_BEDROCK",
    ):
        monkeypatch.setenv(variable, "a-key")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    given: Any = [{"role": "user", "content": "Hello"}]
    async with open_model(f"{provider}:m") as client:
        with pytest.raises(ConfigurationError, match="not a list: write messages_from_dicts"):
            await client.complete(given)
        with pytest.raises(ConfigurationError, match="not a list: write messages_from_dicts"):
            await anext(client.stream(given))


@pytest.mark.anyio
async def test_a_client_is_sent_a_text_without_a_chat() -> None:
    answer = {"choices": [{"message": {"content": "Aare"}, "finish_reason": "stop"}]}
    streamed = [{"choices": [{"delta": {"content": "Aare"}, "finish_reason": "stop"}]}, "[DONE]"]
    transport = FakeTransport().answer(answer).answer(streamed).answer(answer)
    client = (
        ChatCompletionsBuilder()
        .with_model("m")
        .with_base_url("http://localhost/v1")
        .with_transport(transport)
        .build()
    )
    messages = Messages.from_system("Be brief.").add_user("A river?")

    assert (await client.complete("A river?")).text == "Aare"
    events = [event async for event in client.stream("A river?")]
    assert (await client.complete(messages)).text == "Aare"

    assert isinstance(events[-1], Done)
    assert events[-1].response.text == "Aare"
    asked = {"role": "user", "content": "A river?"}
    assert [body["messages"] for body in transport.bodies] == [
        [asked],
        [asked],
        [{"role": "system", "content": "Be brief."}, asked],
    ]
    assert len(messages) == 2
