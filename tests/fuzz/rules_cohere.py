"""The rules of Cohere's v2 chat on request bodies: the types of Cohere's SDK, and what is written in no
type.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import TypeAdapter, ValidationError

_FIELDS = frozenset(
    (
        *(
            "model",
            "messages",
            "stream",
            "tools",
            "tool_choice",
            "strict_tools",
            "documents",
            "citation_options",
        ),
        *(
            "response_format",
            "thinking",
            "safety_mode",
            "priority",
            "max_tokens",
            "stop_sequences",
            "temperature",
        ),
        *("p", "k", "seed", "frequency_penalty", "presence_penalty", "logprobs"),
    )
)
_OF_MESSAGES = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_plan", "tool_calls", "citations"},
    "tool": {"role", "tool_call_id", "content"},
}


@cache
def _types() -> dict[str, TypeAdapter]:
    """The SDK's types of the fields that are objects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the SDK's own dependencies
        import cohere
    return {
        "messages": TypeAdapter(list[cohere.ChatMessageV2]),
        "tools": TypeAdapter(list[cohere.ToolV2]),
        "documents": TypeAdapter(list[cohere.V2ChatRequestDocumentsItem]),
        "response_format": TypeAdapter(cohere.ResponseFormatV2),
        "thinking": TypeAdapter(cohere.Thinking),
        "citation_options": TypeAdapter(cohere.CitationOptions),
    }


def broken_rules(body: object) -> list[str]:
    """Return the rules that a body breaks, as sentences; an empty list for one that the API takes."""
    read = json.loads(json.dumps(body))
    if not isinstance(read, dict):
        return ["the body is no object"]
    return [*_field_faults(read), *_message_faults(read.get("messages") or []), *_tool_faults(read)]


def _field_faults(body: Mapping[str, object]) -> Iterator[str]:
    for name in ("model", "messages", "stream"):
        if name not in body:
            yield f"{name} is required"
    for name in body.keys() - _FIELDS:
        yield f"{name} is no field"
    for name, adapter in _types().items():
        if name in body:
            try:
                adapter.validate_python(body[name])
            except ValidationError as exc:
                yield f"{name} is not of the SDK's type: {exc.errors()[0]['msg']}"
    if "response_format" in body and body.keys() & {"tools", "documents"}:
        yield "a response format stands beside neither tools nor documents"
    if body.get("tool_choice") not in (None, "REQUIRED", "NONE"):
        yield "tool_choice is REQUIRED or NONE"
    if "tool_choice" in body and not body.get("tools"):
        yield "tool_choice needs tools"
    ids = [item.get("id") for item in body.get("documents") or []]  # type: ignore[attr-defined]
    if len(set(ids)) != len(ids):
        yield "two documents have the same id"


def _message_faults(messages: list[dict]) -> Iterator[str]:
    if not messages:
        yield "there is at least one message"
        return
    if messages[-1].get("role") == "assistant":
        yield "the last message is not the model's"
    waiting: list[str] = []
    for index, message in enumerate(messages):
        role = message.get("role", "")
        if extra := message.keys() - _OF_MESSAGES.get(role, set()):
            yield f"message {index} of {role} has {sorted(extra)}"
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                yield f"message {index} answers no call before it"
            else:
                waiting.remove(message["tool_call_id"])
        elif waiting:
            yield f"message {index} comes before the results of {waiting}"
        if role == "assistant":
            waiting = [call["id"] for call in message.get("tool_calls") or []]
            if not message.keys() & {"content", "tool_calls"}:
                yield f"message {index} says and calls nothing"
            if "tool_plan" in message and not waiting:
                yield f"message {index} has a plan without calls"
        yield from _content_faults(index, message)
    if waiting:
        yield f"the calls {waiting} have no results"


def _content_faults(index: int, message: dict) -> Iterator[str]:
    content = message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    if "content" in message and not blocks:
        yield f"message {index} has no content"
    for block in blocks:
        if not str(block.get("text", "x")).strip() or not str(block.get("thinking", "x")).strip():
            yield f"message {index} has blank text"
    for call in message.get("tool_calls") or []:
        try:
            arguments = json.loads(call["function"]["arguments"])
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            yield f"message {index} has a call whose arguments are no JSON object"


def _tool_faults(body: Mapping[str, object]) -> Iterator[str]:
    tools = body.get("tools")
    if tools is not None and not tools:
        yield "there is at least one tool"
    for tool in tools or []:  # type: ignore[attr-defined]
        if tool["function"].get("parameters", {}).get("type") != "object":
            yield "the schema of a tool is of an object"
