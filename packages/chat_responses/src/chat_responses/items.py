"""What both directions know of an item: which types are calls, and which id pairs a call with its output."""

from __future__ import annotations

from typing import Final

from chat_core import JsonObject, Origin
from chat_core.types.json_values import as_text

CUSTOM: Final = Origin("responses", "", "")
"""The origin of items that the application writes, for whichever server of this wire they are sent to."""

CALL_TYPES: Final = ("function_call", "custom_tool_call")


def call_id(item: JsonObject) -> str:
    """Return the id that a call's output has to name."""
    return as_text(item.get("call_id")) or as_text(item.get("id"))


def without(item: JsonObject, *names: str) -> JsonObject:
    """Return the object but for these members."""
    return {name: value for name, value in item.items() if name not in names}
