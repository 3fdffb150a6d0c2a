"""What a client was built with: the options of this wire, and what every request carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core.client import ClientSettings

from chat_cohere.wire import CitationMode, InputType, SafetyMode, Truncate


@dataclass(frozen=True, slots=True)
class Thinking:
    """Whether a model reasons, and with how many tokens at most, None for as many as it takes."""

    enabled: bool = True
    token_budget: int | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingOptions:
    """How texts are embedded; None leaves it to the model. `max_tokens` is how much of a text is read."""

    dimensions: int | None = None
    input_type: InputType = "search_document"
    truncate: Truncate | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """What every request of a client carries. `extra` are fields of the body that this library has no name
    for."""

    thinking: Thinking | None = None
    citations: CitationMode | None = None
    safety_mode: SafetyMode | None = None
    strict_tools: bool = False
    logprobs: bool = False
    priority: int | None = None
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with."""

    defaults: RequestDefaults = RequestDefaults()
    embeddings: EmbeddingOptions = EmbeddingOptions()
    embeddings_extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
