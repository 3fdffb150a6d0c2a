"""What a client was built with: the options of this wire, and what every request carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core.client import ClientSettings

from chat_bedrock.capabilities import Capabilities
from chat_bedrock.wire import CacheTtl, GuardrailProcessing, GuardrailTrace, Latency, ServiceTier


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A guardrail that checks what goes in and what comes out.

    `trace`: how much of its findings comes back, in `response.raw["trace"]`. `processing`: whether a stream
    waits for the check ("sync", the server's default) or shows text that may be taken back later
    ("async").
    """

    id: str
    version: str = "DRAFT"
    trace: GuardrailTrace | None = None
    processing: GuardrailProcessing | None = None


@dataclass(frozen=True, slots=True)
class Caching:
    """Which prefixes of a request are cached, and for how long: five minutes where `ttl` is None."""

    instructions: bool = True
    tools: bool = True
    messages: bool = True
    ttl: CacheTtl | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingOptions:
    """How texts are embedded; None leaves it to the model.

    `purpose` is the model's own word: of Cohere's "search_document" and so on, of Nova's
    "GENERIC_RETRIEVAL" and so on. `truncate` is "NONE", "START" or "END".
    """

    dimensions: int | None = None
    purpose: str | None = None
    truncate: str | None = None
    normalize: bool | None = None


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """What every request of a client carries. `extra` are fields of the body that this library has no name
    for."""

    capabilities: Capabilities = Capabilities()
    guardrail: Guardrail | None = None
    caching: Caching | None = None
    thinking_budget: int | None = None
    system_tools: tuple[str, ...] = ()
    additional_fields: Mapping[str, object] = field(default_factory=dict[str, object])
    response_fields: tuple[str, ...] = ()
    latency: Latency | None = None
    service_tier: ServiceTier | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with. `control_url` is where the models are listed."""

    control_url: str
    defaults: RequestDefaults = RequestDefaults()
    embeddings: EmbeddingOptions = EmbeddingOptions()
    embeddings_extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
