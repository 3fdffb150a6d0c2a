"""The model and the server that spans are about, in the words of the GenAI conventions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from chat_core.provider import Provider
from chat_core.types.native import Origin


@runtime_checkable
class HasOrigin(Protocol):
    """A client that tells which provider and endpoint its requests go to."""

    @property
    def origin(self) -> Origin:
        """The provider, endpoint and model that native data from here is tagged with."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go. `address` and `port` are None where the model runs in the process."""

    operation: str
    provider: str
    model: str
    address: str | None = None
    port: int | None = None
    in_process: bool = False

    @property
    def attributes(self) -> dict[str, str | int]:
        """What is known before a request is sent, so what samplers may read."""
        known: dict[str, str | int | None] = {
            "gen_ai.operation.name": self.operation,
            "gen_ai.provider.name": self.provider,
            "gen_ai.request.model": self.model,
            "server.address": self.address,
            "server.port": self.port,
        }
        return {name: value for name, value in known.items() if value is not None}


def target_of(provider: Provider, *, operation: str | None = None) -> Target:
    """Return the target of a client; a client without an origin is named after its class.

    `operation` is the conventions' word for what is done; by default that of a model turn.
    """
    model = provider.model
    if not isinstance(provider, HasOrigin):
        name = type(provider).__name__.removesuffix("Client").removesuffix("Provider").lower()
        return Target(operation or "chat", name or "unknown", model)
    origin = provider.origin
    name = _provider_name(origin)
    operation = operation or _OPERATIONS.get(name, "chat")
    if origin.provider == "local":
        return Target(operation, name, model, in_process=True)
    address, port = _server(origin.endpoint)
    return Target(operation, name, model, address, port)


def _server(endpoint: str) -> tuple[str | None, int | None]:
    try:
        split = urlsplit(endpoint)
        address, port = split.hostname, split.port
    except ValueError:
        return None, None
    if address is None:
        return None, None
    return address, port or (80 if split.scheme in ("http", "ws") else 443)


def _provider_name(origin: Origin) -> str:
    host = _server(origin.endpoint)[0] or ""
    for suffix, name in _BY_HOST.items():
        if host == suffix or host.endswith((f".{suffix}", f"-{suffix}")):
            return name
    word = origin.provider.removesuffix("-native")
    return _BY_ORIGIN.get(word, word)


# Names of the conventions, by the end of the host. They hold for clients of a shared wire as well.
_BY_HOST = {
    "openai.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "models.ai.azure.com": "azure.ai.inference",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "api.perplexity.ai": "perplexity",
    "api.moonshot.ai": "moonshot_ai",
    "api.moonshot.cn": "moonshot_ai",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.x.ai": "x_ai",
    "ml.cloud.ibm.com": "ibm.watsonx.ai",
}

# Names of the conventions, by the provider of an origin. One that is in neither table has its own word.
_BY_ORIGIN = {
    "claude": "anthropic",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "vertex": "gcp.vertex_ai",
    "gemini-vertex": "gcp.vertex_ai",
    "azure": "azure.ai.openai",
    "azure-openai": "azure.ai.openai",
    "chatgpt": "openai",
    "mistral": "mistral_ai",
    "xai": "x_ai",
}

_OPERATIONS = {"gcp.gemini": "generate_content", "gcp.vertex_ai": "generate_content"}
