"""Names of providers, and addresses of servers."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from chat_core import Origin
from chat_core.middleware.telemetry.target import Target, target_of
from chat_core.testing import ScriptedProvider


@dataclass
class Client:
    origin: Origin
    model: str = "m"

    async def aclose(self) -> None: ...


@pytest.mark.parametrize(
    ("provider", "endpoint", "name", "operation"),
    [
        ("openai", "https://api.openai.com/v1", "openai", "chat"),
        ("openai", "https://mine.openai.azure.com/openai/v1", "azure.ai.openai", "chat"),
        ("claude", "https://api.anthropic.com", "anthropic", "chat"),
        ("claude", "https://proxy.example", "anthropic", "chat"),
        ("bedrock", "https://bedrock-runtime.us-east-1.amazonaws.com", "aws.bedrock", "chat"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta", "gcp.gemini", "generate_content"),
        ("gemini", "https://us-east1-aiplatform.googleapis.com/v1", "gcp.vertex_ai", "generate_content"),
        ("chat_completions", "https://api.perplexity.ai", "perplexity", "chat"),
        ("mistral", "https://api.mistral.ai/v1", "mistral_ai", "chat"),
        ("xai", "https://api.x.ai/v1", "x_ai", "chat"),
        ("groq", "https://api.groq.com/openai/v1", "groq", "chat"),
        ("cerebras", "https://api.cerebras.ai/v1", "cerebras", "chat"),
        ("ollama-native", "http://127.0.0.1:11434/api", "ollama", "chat"),
    ],
)
def test_a_provider_has_the_name_of_the_conventions(
    provider: str, endpoint: str, name: str, operation: str
) -> None:
    target = target_of(Client(Origin(provider, endpoint, "m")))

    assert (target.provider, target.operation) == (name, operation)


def test_the_address_and_the_port_are_those_of_the_server() -> None:
    secure = target_of(Client(Origin("openai", "https://api.openai.com/v1", "m")))
    assert (secure.address, secure.port) == ("api.openai.com", 443)
    local = target_of(Client(Origin("ollama", "http://127.0.0.1:11434/v1", "m")))
    assert (local.address, local.port) == ("127.0.0.1", 11434)
    inside = target_of(Client(Origin("local", "http://local.invalid/v1", "m")))
    assert (inside.address, inside.in_process) == (None, True)
    assert "server.address" not in inside.attributes
    assert target_of(Client(Origin("x", "https://[broken", "m"))).address is None
    assert target_of(ScriptedProvider([])) == Target("chat", "scripted", "scripted")
