"""The Messages wire: what is sent, as types, and how what is received is read. Facts: Anthropic's API reference, November 2026."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Literal, NotRequired, TypeAlias, TypedDict, cast

from chat_core import InvalidResponse, JsonObject, JsonValue

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
"""What a message holds. Thinking and the blocks of server tools are sent as they were received."""


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


SIGNED = frozenset({"thinking", "redacted_thinking"})
CALLED_BY_SERVER = frozenset({"server_tool_use", "mcp_tool_use"})

# -- received


def read_object(data: str | bytes, what: str) -> JsonObject:
    """A JSON object. Raises `InvalidResponse`, which shows what came instead."""
    try:
        value = _parser()(data)
    except ValueError:
        value = _read_again(data, what)
    if not isinstance(value, dict):
        raise InvalidResponse(f"not {what}: {data[:200]!r}")
    return value


@cache
def _parser() -> Callable[[str | bytes], JsonValue]:
    from pydantic_core import from_json  # at the first answer; it takes less than half the time of json.loads

    return from_json


def _read_again(data: str | bytes, what: str) -> JsonValue:
    """`json` takes what pydantic refuses: half a surrogate pair. It becomes U+FFFD, since it could neither be stored nor sent."""
    try:
        text = json.dumps(json.loads(data), ensure_ascii=False)
        return cast("JsonValue", json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")))
    except (ValueError, RecursionError) as exc:
        raise InvalidResponse(f"not {what}: {data[:200]!r}") from exc


def is_beginning(data: str) -> bool:
    """Whether more could make it a JSON document: it is what a cut leaves."""
    from pydantic_core import from_json

    try:
        json.JSONDecoder().raw_decode(data.lstrip())
    except ValueError:
        try:
            from_json(data, allow_partial="trailing-strings")
        except ValueError:
            return False
        return True
    except RecursionError:
        pass
    return False  # it is whole, and something follows
