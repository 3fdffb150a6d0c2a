"""What is sent to `/api/chat` and `/api/embed`. Facts: Ollama's server, August 2026."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from chat_core import JsonObject

Think: TypeAlias = bool | Literal["low", "medium", "high", "max"]

# -- sent


class Called(TypedDict):
    """`arguments` are an object here, where Chat Completions has text."""

    name: str
    arguments: JsonObject


class SentCall(TypedDict):
    """A call that the model made."""

    id: str
    function: Called


class SentMessage(TypedDict):
    """`content` is text, never parts; `images` are base64 without a prefix."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: NotRequired[list[str]]
    thinking: NotRequired[str]
    tool_calls: NotRequired[list[SentCall]]
    tool_name: NotRequired[str]
    tool_call_id: NotRequired[str]


class Function(TypedDict):
    """A tool, described."""

    name: str
    parameters: JsonObject
    description: NotRequired[str]


class SentTool(TypedDict):
    """A tool that the model may call."""

    type: Literal["function"]
    function: Function
