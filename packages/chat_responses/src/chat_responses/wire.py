"""The Responses wire: what is sent, as types. What is received is read as plain JSON.

Facts: OpenAI's reference and recorded traffic, November 2026.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from chat_core import JsonObject
from chat_core.wire import CacheBreakpoint


class InputText(TypedDict):
    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: NotRequired[CacheBreakpoint]


class InputImage(TypedDict):
    type: Literal["input_image"]
    detail: Literal["auto"]
    image_url: NotRequired[str]
    file_id: NotRequired[str]
    prompt_cache_breakpoint: NotRequired[CacheBreakpoint]


class InputFile(TypedDict):
    type: Literal["input_file"]
    file_data: NotRequired[str]
    file_id: NotRequired[str]
    file_url: NotRequired[str]
    filename: NotRequired[str]
    prompt_cache_breakpoint: NotRequired[CacheBreakpoint]


ContentPart: TypeAlias = InputText | InputImage | InputFile


class InputMessage(TypedDict):
    """The easy form of a message, which every server takes."""

    role: Literal["user", "assistant", "developer"]
    content: str | list[ContentPart]


class FunctionCall(TypedDict):
    type: Literal["function_call"]
    call_id: str
    name: str
    arguments: str


class FunctionCallOutput(TypedDict):
    type: Literal["function_call_output", "custom_tool_call_output"]
    call_id: str
    output: str | list[ContentPart]


InputItem: TypeAlias = InputMessage | FunctionCall | FunctionCallOutput | JsonObject


class FunctionTool(TypedDict):
    type: Literal["function"]
    name: str
    parameters: JsonObject
    strict: bool
    description: NotRequired[str]


class TextFormat(TypedDict):
    type: Literal["json_schema"]
    name: str
    schema: JsonObject
    strict: bool
    description: NotRequired[str]
