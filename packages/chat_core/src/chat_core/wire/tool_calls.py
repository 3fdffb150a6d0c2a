"""Tool calls as they come off a wire: their ids, their arguments as text, and those that may not run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import cast

from chat_core.types.call_status import Failed, Pending
from chat_core.types.json_values import JsonValue
from chat_core.types.native import Native
from chat_core.types.parts import ToolCall
from chat_core.types.response import ChatResponse


def tool_call(id: str, name: str, text: str, native: Native | None = None) -> ToolCall:
    """A call of a function from the text of its arguments. Empty text is no arguments; text that is no JSON object makes the call
    `Failed`, and the text is kept."""
    try:
        arguments = read_arguments(text)
    except ValueError as exc:
        fault = f"The arguments of {name} are not a JSON object ({exc}); the call was not run: {text[:200]!r}"
        return ToolCall(id, name, {}, Failed(fault), arguments_text=text, native=native)
    return ToolCall(id, name, arguments, Pending(), arguments_text=text, native=native)


def fail_pending(calls: Iterable[ToolCall], error: str) -> None:
    """Keep the calls that nobody has looked at yet from running; `error` is what the model is told."""
    for call in calls:
        if isinstance(call.status, Pending):
            call.status = Failed(error)


def mark_truncated(partial: ChatResponse) -> ChatResponse:
    """A turn whose stream was cut, marked as such: none of its calls runs."""
    fail_pending(partial.tool_calls, "The stream was cut; the call was not run.")
    partial.message.interrupted = True
    return partial


def read_arguments(text: str) -> dict[str, JsonValue]:
    """The JSON object that the text is; some servers encode it twice. Raises `ValueError`."""
    value = _loads(text) if text.strip() else {}
    if isinstance(value, str):
        value = _loads(value) if value.strip() else {}
    if not isinstance(value, dict):
        raise ValueError(f"it is {type(value).__name__}")
    return value


def _loads(text: str) -> JsonValue:
    try:
        value = cast("JsonValue", json.loads(text, parse_constant=_no_json))
    except RecursionError as exc:
        raise ValueError("it is nested too deeply") from exc
    if "\\ud" in text.lower():  # perhaps half a surrogate pair, which could neither be stored nor sent
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _no_json(word: str) -> float:
    raise ValueError(f"{word} is no JSON")  # Python would read it; a stored conversation could not keep it
