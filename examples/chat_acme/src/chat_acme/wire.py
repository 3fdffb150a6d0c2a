"""Acme's wire, by its documentation of November 2026.

    POST /chat      a turn, whole, or with "stream" as server-sent events

A whole turn is one object: `{"id", "model", "text", "calls", "end", "usage": {"in", "out"}}`. A stream has
frames with a piece of text, `{"text": "…"}`, or of a call, `{"call": {"id", "name", "arguments"}}`; later
pieces of the call have its id and more of its arguments. The last frame has `end`, which is the terminal
sign, and with it `id`, `model` and `usage`. A server that does not stream sends the whole turn instead. An
error is `{"error": {"message", "code"}}`, with any status, and in a stream too.
"""

from __future__ import annotations

from typing import Final, NotRequired, TypedDict

from chat_core import FinishReason, JsonObject

# -- sent


class SentCall(TypedDict):
    """A call of a model's message; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


class SentMessage(TypedDict):
    """A message of the system, the user or the model, or the result of a call."""

    role: str
    text: str
    calls: NotRequired[list[SentCall]]
    call: NotRequired[str]


class SentTool(TypedDict):
    """A tool, with the JSON schema of its arguments."""

    name: str
    about: str
    schema: JsonObject


class ChatBody(TypedDict):
    """The body of a turn."""

    model: str
    messages: list[SentMessage]
    stream: bool
    safe: bool
    tools: NotRequired[list[SentTool]]
    tool_choice: NotRequired[str]
    temperature: NotRequired[float]
    max_tokens: NotRequired[int]
    stop: NotRequired[list[str]]


# -- received

END_WORDS: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "limit": "length",
    "calls": "tool_calls",
    "filter": "content_filter",
}
"""Why a turn ended, in Acme's words."""
