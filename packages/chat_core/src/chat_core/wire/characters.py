"""What a model or a tool has put into a conversation, as UTF-8 can hold it."""

from __future__ import annotations

from chat_core.types.describe import whole_text
from chat_core.types.json_values import JsonValue


def sendable(value: JsonValue) -> JsonValue:
    """Return a value with U+FFFD for each half of a surrogate pair that stands alone: no request can hold
    one.
    """
    match value:
        case str():
            return whole_text(value)
        case list():
            return [sendable(item) for item in value]
        case dict():
            return {whole_text(name): sendable(item) for name, item in value.items()}
        case _:
            return value
