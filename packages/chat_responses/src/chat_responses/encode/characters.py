"""Items of a history as UTF-8 can hold them."""

from __future__ import annotations

from typing import cast

from chat_core import JsonValue
from chat_core.wire.characters import sendable as sendable_value

from chat_responses.wire import InputItem


def sendable(item: InputItem) -> InputItem:
    """Return an item with U+FFFD for each half of a surrogate pair: no request can hold one."""
    return cast("InputItem", sendable_value(cast("JsonValue", item)))
