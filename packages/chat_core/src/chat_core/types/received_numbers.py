"""Numbers that a server may send and JSON cannot hold: NaN, infinite ones, and integers out of a float's
range.
"""

from __future__ import annotations

from typing import cast

from chat_core.types.json_values import JsonObject, JsonValue, is_out_of_range
from chat_core.types.message import Message
from chat_core.types.parts import Text
from chat_core.types.sealed import SealedJson, is_sealed

_MOST = 1 << 53


def clear_numbers(message: Message) -> None:
    """Put null in the place of such numbers, in whatever of a turn is stored as received.

    They could not be stored: the turn would be another one after restoring. Arguments of calls are none of
    it: a call that has such a number in them fails.
    """
    if is_sealed(message):  # so they are cleared
        return
    if message.turn is not None:
        _clear(message.turn.usage)
    for part in message.parts:
        if part.native is not None:
            _clear(part.native)
        if type(part) is Text:
            for citation in part.citations:
                _clear(citation)


def cleared_copy(received: JsonObject) -> JsonObject:
    """Return a copy of JSON with null in the place of such numbers.

    Raises `RecursionError` where it is nested too deeply.
    """
    return {key: value if value.__class__ is str else _cleared(value) for key, value in received.items()}


def _cleared(value: JsonValue) -> JsonValue:
    if value is None or type(value) is str or (type(value) is int and -_MOST < value < _MOST):
        return value
    if type(value) is dict:
        return {key: item if item.__class__ is str else _cleared(item) for key, item in value.items()}
    if type(value) is list:
        return [item if item.__class__ is str else _cleared(item) for item in value]
    return None if is_out_of_range(value) else value


def _clear(owner: SealedJson) -> None:
    if is_sealed(owner):
        return
    waiting: list[JsonObject | list[JsonValue]] = [getattr(owner, owner.SEALED)]
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
