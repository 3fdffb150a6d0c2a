"""JSON as a type: reading it within limits, and lenient access to what servers send."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, TypeAlias, cast

from typing_extensions import TypeAliasType

if TYPE_CHECKING:  # checkers follow the one recursive form, pydantic the other
    JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
else:
    JsonValue = TypeAliasType(
        "JsonValue", "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
    )

JsonObject: TypeAlias = dict[str, JsonValue]

MAX_DEPTH = 100
"""How many arrays and objects may lie within each other, wherever this library reads JSON.

Python's own reader gives up at the recursion limit of the interpreter, pydantic's at 200. Encoders, schemas
and tools recurse over values too, so the limit lies well below both.
"""

MAX_INTEGER_BITS = 1024
"""Integers beyond this are out of a float's range: a reader that makes floats of numbers would make them
infinite.
"""


def read_json(text: str | bytes | bytearray) -> JsonValue:
    """Return the value that the text is.

    Raises `ValueError` for text that is no JSON, for NaN and Infinity, for numbers out of a float's range,
    and for arrays and objects nested deeper than `MAX_DEPTH`.
    """
    try:
        if type(text) is str and not text.startswith("\ufeff"):
            value = cast("JsonValue", _decode(text))
        else:
            value = cast("JsonValue", json.loads(text, parse_constant=_refuse_constant))
    except RecursionError as exc:
        raise ValueError(_TOO_DEEP) from exc
    if fault := json_fault(value):
        raise ValueError(fault)
    return value


def json_fault(value: JsonValue) -> str | None:
    """Return why a parsed value cannot be stored and sent as it is: its depth or a number in it.

    None where it can.
    """
    level = [value]
    for depth in range(MAX_DEPTH + 1):
        inner: list[JsonValue] = []
        for item in level:
            if item.__class__ is str and depth < MAX_DEPTH:  # most values are texts
                continue
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
            elif is_out_of_range(item):
                return "a number in it is not finite, or out of range"
            else:
                continue
            if depth == MAX_DEPTH:
                return _TOO_DEEP
        if not inner:
            return None
        level = inner
    return None


def may_have_fault(text: str) -> bool:
    """Return whether `json_fault` may find something in the value of a text, without parsing it.

    False is certain for what is JSON: a number out of range has a word for it, three digits of an exponent,
    or 200 digits. It takes a third to three quarters of what parsing and `json_fault` take.
    """
    if "\\" in text:
        text = text.replace("\\\\", "").replace('\\"', "")
    outside = "".join(text.split('"')[::2])  # of the texts in it, which are most of it
    if "NaN" in outside or "Infinity" in outside:
        return True
    data = outside.encode("utf-8", "replace")
    digits = data.translate(_DIGITS, b"+")
    return b"e000" in digits or _MANY_DIGITS in digits or _is_deep(data)


def _is_deep(data: bytes) -> bool:
    """Return whether JSON is nested deeper than `MAX_DEPTH`. It has no texts in it."""
    outline = data.translate(_BRACKETS, _NOT_IN_OUTLINE)
    for _ in range(MAX_DEPTH):
        if not outline:
            break
        outline = outline.replace(b"[]", b"")  # the innermost level
    return bool(outline)


_DIGITS = bytes.maketrans(b"123456789E", b"000000000e")
_MANY_DIGITS = b"0" * 200
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NOT_IN_OUTLINE = bytes(set(range(256)) - set(b"[]{}"))


def depth_fault(value: JsonValue) -> str | None:
    """Return what `json_fault` does of the depth alone."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[JsonValue] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        if not inner:
            return None
        level = [item for item in inner if type(item) in _CONTAINERS]
    return _TOO_DEEP


_CONTAINERS = frozenset((dict, list))
_TOO_DEEP = f"it is nested deeper than {MAX_DEPTH} levels"


def is_out_of_range(item: JsonValue) -> bool:
    """Return whether a number is not finite, or an integer beyond `MAX_INTEGER_BITS`."""
    if isinstance(item, float):
        return not math.isfinite(item)
    return isinstance(item, int) and item.bit_length() > MAX_INTEGER_BITS


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON")  # Python would read it; a stored conversation could not hold it


_MOST_DIGITS = 20  # of a count that a server sends as a text
_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode  # `json.loads` would make one each time


def as_object(value: JsonValue) -> JsonObject:
    """Return the value if it is an object, else an empty one: for what servers leave out or send as null."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """Return the value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: JsonValue) -> str:
    """Return the value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def first_count(figures: JsonObject, *names: str) -> int | None:
    """Return the first of these members that `as_count` takes for a number, or None."""
    for name in names:
        value = figures.get(name)
        if type(value) is int:  # as nearly always
            return value
        if value is not None and (count := as_count(value)) is not None:
            return count
    return None


def as_count(value: JsonValue) -> int | None:
    """Return the value if it is a number, or a whole one in digits, else None; NaN and Infinity, which Python
    reads, are none.
    """
    if value is None or type(value) is int:  # as nearly always
        return value
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < _MOST_DIGITS else None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
