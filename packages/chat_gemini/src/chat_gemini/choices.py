"""What a builder was given, beside the connection."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_gemini.live.settings import LiveDefaults
from chat_gemini.options import EmbeddingOptions
from chat_gemini.servers import VertexPlace
from chat_gemini.settings import RequestDefaults


@dataclass(frozen=True, slots=True)
class Choices:
    """What has been chosen so far; `live` is for sessions only."""

    model: str | None = None
    api_version: str | None = None
    vertex: VertexPlace | None = None
    defaults: RequestDefaults = RequestDefaults()
    embeds: bool = False
    embeddings: EmbeddingOptions = EmbeddingOptions()
    live: LiveDefaults = field(default_factory=LiveDefaults)
