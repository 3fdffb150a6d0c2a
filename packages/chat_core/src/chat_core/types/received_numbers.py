"""Numbers that a server may send and JSON cannot hold: NaN, infinite ones, and integers out of a float's
range.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from chat_core.types.json_values import JsonObject, JsonValue, is_out_of_range
from chat_core.types.message import Message
from chat_core.types.parts import Text

_MOST = 1 << 53


def clear_numbers(message: Message) -> None:
    """Put null in the place of such numbers, in whatever of a turn is stored as received.

    They could not be stored: the turn would be another one after restoring. Arguments of calls are none of
    it: a call that has such a number in them fails.
    """
    waiting: list[dict[str, JsonValue] | list[JsonValue]] = [*_received(message)]
    while waiting:
        inner = waiting.pop()
        for key, value in inner.items() if isinstance(inner, dict) else enumerate(inner):
            kind = type(value)
            if kind is int and -_MOST < cast("int", value) < _MOST:  # as nearly always: counts of tokens
                continue
            if kind is dict or kind is list:
                waiting.append(cast("dict[str, JsonValue] | list[JsonValue]", value))
            elif (kind is float or kind is int) and is_out_of_range(value):
                cast("dict[object, JsonValue]", inner)[key] = None


def _received(message: Message) -> Iterator[JsonObject]:
    if message.turn is not None:
        yield message.turn.usage.raw
    for part in message.parts:
        if part.native is not None:
            yield part.native.data
        if isinstance(part, Text):
            for citation in part.citations:
                yield citation.raw
