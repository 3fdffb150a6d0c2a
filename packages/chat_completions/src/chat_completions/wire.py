"""The Chat Completions wire: what is sent, as types. What is received is read as plain JSON.

Facts: OpenAI's reference, November 2026.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from chat_core import JsonObject, JsonValue


class TextPart(TypedDict):
    type: Literal["text"]
    text: str


class ImageUrl(TypedDict):
    url: str


class ImagePart(TypedDict):
    type: Literal["image_url"]
    image_url: ImageUrl


class InputAudio(TypedDict):
    data: str
    format: Literal["wav", "mp3"]


class AudioPart(TypedDict):
    type: Literal["input_audio"]
    input_audio: InputAudio


class FileData(TypedDict, total=False):
    file_data: str
    file_id: str
    filename: str


class FilePart(TypedDict):
    type: Literal["file"]
    file: FileData


ContentPart: TypeAlias = TextPart | ImagePart | AudioPart | FilePart


class SystemMessage(TypedDict):
    role: Literal["system", "developer"]
    content: str


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


class Custom(TypedDict):
    name: str
    input: str


class CustomCall(TypedDict):
    id: str
    type: Literal["custom"]
    custom: Custom


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
