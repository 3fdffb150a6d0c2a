"""The Converse API's JSON: what is sent, and the names of what is received.

Facts: the service model `bedrock-runtime` 2023-09-30, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypedDict

from chat_core import JsonObject, JsonValue

# -- sent

Block: TypeAlias = dict[str, JsonValue]
"""One content block: an object with exactly one key, which names its kind."""

CacheTtl: TypeAlias = Literal["5m", "1h"]
Latency: TypeAlias = Literal["standard", "optimized"]
ServiceTier: TypeAlias = Literal["default", "priority", "flex", "reserved"]
GuardrailTrace: TypeAlias = Literal["enabled", "disabled", "enabled_full"]
GuardrailProcessing: TypeAlias = Literal["sync", "async"]


class SentMessage(TypedDict):
    role: Literal["user", "assistant"]
    content: list[Block]


class InferenceConfig(TypedDict, total=False):
    maxTokens: int
    temperature: float
    topP: float
    stopSequences: list[str]


class ToolConfig(TypedDict, total=False):
    tools: list[Block]
    toolChoice: JsonObject


class ConverseBody(TypedDict, total=False):
    messages: list[SentMessage]
    system: list[Block]
    inferenceConfig: InferenceConfig
    toolConfig: ToolConfig
    guardrailConfig: Mapping[str, str]
    outputConfig: JsonObject
    additionalModelRequestFields: JsonObject
    additionalModelResponseFieldPaths: list[str]
    performanceConfig: Mapping[str, str]
    serviceTier: Mapping[str, str]
    requestMetadata: Mapping[str, str]


# -- received

SERVER_TOOL = "server_tool_use"  # the type of a call that Bedrock runs itself
MEDIA = ("image", "audio", "video", "document")  # the kinds of blocks that hold a file
