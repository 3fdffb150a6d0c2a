"""The wire of `/api/chat`: what is sent, as types. What is received is read as plain JSON.

Facts: Ollama's API reference and server, November 2026.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from chat_core import JsonObject


class Function(TypedDict):
    name: str
    arguments: JsonObject


class Call(TypedDict):
    id: str
    function: Function


class SentMessage(TypedDict):
    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: NotRequired[list[str]]  # bare base64
    thinking: NotRequired[str]
    tool_calls: NotRequired[list[Call]]
    tool_name: NotRequired[str]
    tool_call_id: NotRequired[str]


class FunctionDefinition(TypedDict):
    name: str
    description: str
    parameters: JsonObject


class FunctionTool(TypedDict):
    type: Literal["function"]
    function: FunctionDefinition
