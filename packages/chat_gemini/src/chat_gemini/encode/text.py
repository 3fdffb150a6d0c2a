"""Texts and values of a history as JSON can hold them."""

from __future__ import annotations

import math

from chat_core import JsonObject, JsonValue
from chat_core.types.describe import whole_text
from chat_core.types.json_values import MAX_DEPTH


def is_blank(text: str) -> bool:
    """Return whether a text is empty or white space: the wire refuses the one, and the other says nothing."""
    return not text or text.isspace()


def sendable_object(value: JsonObject) -> JsonObject:
    """Return the object itself where it can be sent as JSON; else with U+FFFD for halves of characters, null
    for NaN, and a text for what is nested too deeply. It is written once to find out, which costs little.
    """
    from pydantic_core import to_json  # with the first request

    try:
        written = to_json(value)
    except (ValueError, RecursionError):
        written = b"NaN"
    if b"NaN" not in written and b"Infinity" not in written:
        return value
    return {whole_text(name): _sendable_value(inner, 1) for name, inner in value.items()}


def _sendable_value(value: JsonValue, level: int) -> JsonValue:
    match value:
        case str():
            return whole_text(value)
        case float() if not math.isfinite(value):
            return None
        case dict() | list() if level > MAX_DEPTH:
            return "(nested too deeply)"
        case dict():
            return {whole_text(name): _sendable_value(inner, level + 1) for name, inner in value.items()}
        case list():
            return [_sendable_value(inner, level + 1) for inner in value]
        case _:
            return value
