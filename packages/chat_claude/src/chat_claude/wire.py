"""The Messages wire: what is sent, as types; what is received is read as plain JSON.

Facts: its reference, November 2026.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from chat_core import JsonObject, JsonValue

# -- sent


class CacheControl(TypedDict):
    type: Literal["ephemeral"]
    ttl: NotRequired[str]


class TextBlock(TypedDict):
    type: Literal["text"]
    text: str
    citations: NotRequired[JsonValue]
    cache_control: NotRequired[JsonValue]


class Source(TypedDict, total=False):
    type: Literal["base64", "url", "file", "text"]
    media_type: str
    data: str
    url: str
    file_id: str


class ImageBlock(TypedDict):
    type: Literal["image"]
    source: Source
    cache_control: NotRequired[JsonValue]


class DocumentBlock(TypedDict):
    type: Literal["document"]
    source: Source
    title: NotRequired[JsonValue]
    context: NotRequired[JsonValue]
    citations: NotRequired[JsonValue]
    cache_control: NotRequired[JsonValue]


class ToolUseBlock(TypedDict):
    type: Literal["tool_use"]
    id: str
    name: str
    input: JsonObject
    caller: NotRequired[JsonValue]
    toolset_name: NotRequired[JsonValue]


class ToolResultBlock(TypedDict):
    type: Literal["tool_result"]
    tool_use_id: str
    content: NotRequired[str | list[Block]]
    is_error: NotRequired[bool]
    toolset_name: NotRequired[JsonValue]


Block: TypeAlias = TextBlock | ImageBlock | DocumentBlock | ToolUseBlock | ToolResultBlock | JsonObject
"""A content block. Thinking and the blocks of server tools are sent as they were received."""


class SentMessage(TypedDict):
    role: Literal["user", "assistant", "system"]
    content: str | list[Block]


class ClientTool(TypedDict):
    name: str
    description: NotRequired[str]
    input_schema: JsonObject
    strict: NotRequired[bool]
    defer_loading: NotRequired[bool]
    eager_input_streaming: NotRequired[bool]
    allowed_callers: NotRequired[list[str]]
    input_examples: NotRequired[list[JsonObject]]
    cache_control: NotRequired[CacheControl]


class ToolChoice(TypedDict):
    type: Literal["auto", "any", "none", "tool"]
    name: NotRequired[str]
    disable_parallel_tool_use: NotRequired[bool]


TOOL_CHANGES = frozenset({"tool_addition", "tool_removal"})
"""Types of blocks of a system message that change which tools the model has."""

# -- received

SIGNED = frozenset({"thinking", "redacted_thinking"})
"""Types of blocks that a model has signed."""

CALLED_BY_SERVER = frozenset({"server_tool_use", "mcp_tool_use"})
"""Types of blocks that call a tool of the server's."""

CONTAINER = "container"
"""The type of the part that stores the id of the container in which code was executed.

The wire has no such block.
"""

PAUSED = frozenset({"pause_turn", "compaction"})
"""Stop reasons of turns that the next request continues."""
