"""The Chat Completions wire: what is sent, as types. What is received is read as plain JSON.

Facts: OpenAI's reference, and that of the server named beside a type, November 2026.
"""

from __future__ import annotations

from typing import Literal, NotRequired, Required, TypeAlias, TypedDict

from chat_core import JsonObject, JsonValue
from chat_core.wire import CacheBreakpoint

THINK_TAG = "<think>"  # also the name, in native data, of the field of reasoning that came in tags


class CacheControl(TypedDict):  # Anthropic's, of OpenRouter and LiteLLM
    type: Literal["ephemeral"]
    ttl: NotRequired[Literal["1h"]]


class Markable(TypedDict, total=False):
    """A part that a cache point may stand on."""

    prompt_cache_breakpoint: CacheBreakpoint
    cache_control: CacheControl


class TextPart(Markable):
    type: Required[Literal["text"]]
    text: Required[str]


class ImageUrl(TypedDict):
    url: str


class ImagePart(Markable):
    type: Required[Literal["image_url"]]
    image_url: Required[ImageUrl]


class InputAudio(TypedDict):
    data: str
    format: str


class AudioPart(Markable):
    type: Required[Literal["input_audio"]]
    input_audio: Required[InputAudio | str]  # Mistral: base64 or a URL, without the format


class FileData(TypedDict, total=False):
    file_data: str
    file_id: str
    filename: str


class FilePart(Markable):
    type: Required[Literal["file"]]
    file: Required[FileData]


class FileIdPart(Markable):  # Mistral
    type: Required[Literal["file"]]
    file_id: Required[str]


class DocumentUrlPart(Markable):  # Mistral
    type: Required[Literal["document_url"]]
    document_url: Required[str]
    document_name: Required[str]


class MediaUrlPart(Markable, total=False):  # Together
    type: Required[Literal["audio_url", "video_url"]]
    audio_url: ImageUrl
    video_url: ImageUrl


ContentPart: TypeAlias = (
    TextPart | ImagePart | AudioPart | FilePart | FileIdPart | DocumentUrlPart | MediaUrlPart
)


class SystemMessage(TypedDict):
    role: Literal["system", "developer"]
    content: str | list[ContentPart]


class UserMessage(TypedDict):
    role: Literal["user"]
    content: str | list[ContentPart]


class Function(TypedDict):
    name: str
    arguments: str


class FunctionCall(TypedDict):
    id: str
    type: Literal["function"]
    function: Function
    extra_content: NotRequired[JsonValue]
    index: NotRequired[int]


class Custom(TypedDict):
    name: str
    input: str


class CustomCall(TypedDict):
    id: str
    type: Literal["custom"]
    custom: Custom
    index: NotRequired[int]


class AudioId(TypedDict):
    id: str


class AssistantMessage(TypedDict):
    role: Literal["assistant"]
    content: str | list[JsonValue] | None
    refusal: NotRequired[str]
    tool_calls: NotRequired[list[FunctionCall | CustomCall]]
    audio: NotRequired[AudioId]
    reasoning: NotRequired[str]
    reasoning_content: NotRequired[str]
    reasoning_details: NotRequired[list[JsonValue]]
    thinking_blocks: NotRequired[list[JsonValue]]
    prefix: NotRequired[bool]


class ToolMessage(TypedDict):
    role: Literal["tool"]
    tool_call_id: str
    content: str | list[ContentPart]


SentMessage: TypeAlias = SystemMessage | UserMessage | AssistantMessage | ToolMessage


class FunctionDefinition(TypedDict):
    name: str
    description: NotRequired[str]
    parameters: JsonObject
    strict: NotRequired[bool]


class FunctionTool(TypedDict):
    type: Literal["function"]
    function: FunctionDefinition


class JsonSchema(TypedDict):
    name: str
    schema: JsonObject
    description: NotRequired[str]
    strict: NotRequired[bool]


class ResponseFormat(TypedDict):
    type: Literal["json_schema"]
    json_schema: JsonSchema
