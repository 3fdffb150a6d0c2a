"""Numbers that a server may send and JSON cannot hold: NaN, infinite ones, and integers out of a float's
range.
"""

from __future__ import annotations

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
    if message.turn is not None:
        _clear(message.turn.usage.raw)
    for part in message.parts:
        if part.native is not None:
            _clear(part.native.data)
        if type(part) is Text:
            for citation in part.citations:
                _clear(citation.raw)


def _clear(received: JsonObject) -> None:
    waiting: list[JsonObject | list[JsonValue]] = [received]
    while waiting:
        inner = waiting.pop()
        for key, value in inner.items() if type(inner) is dict else enumerate(inner):
            if type(value) is str or value is None:
                continue
            if type(value) is int and -_MOST < value < _MOST:  # as nearly always: counts of tokens
                continue
            if type(value) is dict or type(value) is list:
                waiting.append(value)
            elif is_out_of_range(value):
                cast("dict[object, JsonValue]", inner)[key] = None
