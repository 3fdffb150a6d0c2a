"""Texts that a model or a tool has put into a conversation, as UTF-8 can hold them."""

from __future__ import annotations

from typing import cast

from chat_core import JsonValue
from chat_core.types.describe import whole_text

from chat_responses.wire import InputItem


def sendable(item: InputItem) -> InputItem:
    """Return an item with U+FFFD for each half of a surrogate pair that stands alone: no request can hold
    one.
    """
    return cast("InputItem", _whole(cast("JsonValue", item)))


def _whole(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return whole_text(value)
        case list():
            return [_whole(each) for each in value]
        case dict():
            return {whole_text(name): _whole(each) for name, each in value.items()}
        case _:
            return value
