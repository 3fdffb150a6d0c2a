"""Cohere's v2 API as JSON: what is sent, and the names of what is received.

Facts: Cohere's SDK 7.3 and recorded traffic, November 2026.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from chat_core import JsonObject

# -- sent

CitationMode: TypeAlias = Literal["ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF"]
SafetyMode: TypeAlias = Literal["CONTEXTUAL", "STRICT", "OFF"]
InputType: TypeAlias = Literal["search_document", "search_query", "classification", "clustering"]
Truncate: TypeAlias = Literal["NONE", "START", "END"]


class SentMessage(TypedDict, total=False):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[JsonObject]
    tool_plan: str
    tool_calls: list[JsonObject]
    citations: list[JsonObject]
    tool_call_id: str


class ChatBody(TypedDict, total=False):
    model: str
    messages: list[SentMessage]
    stream: bool
    tools: list[JsonObject]
    tool_choice: Literal["REQUIRED", "NONE"]
    strict_tools: bool
    documents: list[JsonObject]
    citation_options: JsonObject
    response_format: JsonObject
    thinking: JsonObject
    safety_mode: str
    priority: int
    max_tokens: int
    stop_sequences: list[str]
    temperature: float
    p: float
    k: int
    seed: int
    frequency_penalty: float
    presence_penalty: float
    logprobs: bool


# -- received

PLAN = "PLAN"  # the type of a citation in a tool plan
THINKING = "THINKING_CONTENT"  # and of one in the reasoning
