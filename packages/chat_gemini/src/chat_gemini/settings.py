"""What a client was built with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core.client import ClientSettings

from chat_gemini.capabilities import GEMINI_API, Capabilities, Endpoint
from chat_gemini.native_tools import NativeTool
from chat_gemini.options import EmbeddingOptions, FunctionCalling, GeminiOptions, Thinking


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """What every request of a client carries, beside the conversation.

    `server_steps`: whether the steps of Google's tools are requested; None where the tools decide.
    `older_schema`: whether schemas go in the dialect from before JSON Schema; None where the model decides.
    `extra`: fields that are merged into the body, last.
    """

    options: GeminiOptions = GeminiOptions()
    thinking: Thinking | None = None
    safety: Mapping[str, str] = field(default_factory=dict[str, str])
    native_tools: tuple[NativeTool, ...] = ()
    calling: FunctionCalling | None = None
    server_steps: bool | None = None
    older_schema: bool | None = None
    endpoint: Endpoint = GEMINI_API
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)

    def takes_older_schema(self, capabilities: Capabilities) -> bool:
        """Return whether schemas go to this model in the older dialect."""
        return not capabilities.json_schema if self.older_schema is None else self.older_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with.

    `base_url` includes the version of the API; `models_url` is where models are listed.
    """

    models_url: str = ""
    defaults: RequestDefaults = RequestDefaults()
    embeddings: EmbeddingOptions = EmbeddingOptions()
    embeddings_extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
