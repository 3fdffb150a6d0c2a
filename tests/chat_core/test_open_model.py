"""One text names a provider and a model; what is missing is named with the package that brings it."""

from __future__ import annotations

import tomllib
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from chat_core import ConfigurationError, open_model
from chat_core.open_model import GROUP

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
    module = import_module("chat_core.open_model")
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
        ("broken:x", "chat_nowhere"),
    ],
)
def test_what_cannot_be_opened_is_named_with_what_to_do(name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        open_model(name)


def test_without_any_package_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("chat_core.open_model"), "entry_points", lambda group: [])
    with pytest.raises(ConfigurationError, match="pip install chat-openai"):
        open_model("openai:gpt-5.6")
