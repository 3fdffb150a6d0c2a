"""Tool calls as they are received: their arguments as text, and those that may not run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from chat_core.types.arguments_text import mark_as_read
from chat_core.types.call_status import Failed, Pending
from chat_core.types.json_values import JsonValue, read_json
from chat_core.types.native import Native
from chat_core.types.parts import ToolCall
from chat_core.types.response import ChatResponse

_PLACEHOLDER = re.compile(r"\s*(?:\{\s*\}|null)\s*(?=\{)")


def tool_call(id: str, name: str, text: str, native: Native | None = None) -> ToolCall:
    """Return a call of a function from the text of its arguments.

    Empty text is no arguments. Text that is no JSON object makes the call `Failed`, and the text is kept.
    """
    try:
        arguments = read_arguments(text)
    except ValueError as exc:
        fault = f"The arguments of {name} are not a JSON object ({exc}); the call was not run: {text[:200]!r}"
        return ToolCall(id, name, {}, Failed(fault), arguments_text=text, native=native)
    call = ToolCall(id, name, arguments, Pending(), arguments_text=text, native=native)
    mark_as_read(call, text)
    return call


def fail_pending(calls: Iterable[ToolCall], error: str) -> None:
    """Close the calls that nobody has decided about, so that they do not run; the model reads `error`."""
    for call in calls:
        if isinstance(call.status, Pending):
            call.status = Failed(error)


def mark_truncated(partial: ChatResponse) -> ChatResponse:
    """Return a turn whose stream was cut, marked as such: none of its calls runs."""
    fail_pending(partial.tool_calls, "The stream was cut; the call was not run.")
    partial.message.interrupted = True
    return partial


def read_arguments(text: str) -> dict[str, JsonValue]:
    """Return the JSON object that the text is. Raises `ValueError`.

    Two forms are read because their meaning is certain: an object that was encoded twice, and one behind a
    placeholder (`{}` or `null`) that some servers send first.
    """
    value = _read(text) if text.strip() else {}
    if isinstance(value, str):
        value = _read(value) if value.strip() else {}
    if not isinstance(value, dict):
        raise ValueError(f"it is {type(value).__name__}")
    return value


def _read(text: str) -> JsonValue:
    try:
        value = read_json(text)
    except ValueError:
        if (placeholder := _PLACEHOLDER.match(text)) is None:
            raise
        value = read_json(text[placeholder.end() :])
    if "\\ud" in text.lower():  # perhaps half a surrogate pair, which could neither be stored nor sent
        json.dumps(value, ensure_ascii=False).encode()
    return value
