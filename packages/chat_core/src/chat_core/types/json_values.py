"""JSON as a type, and any Python value as JSON."""

from __future__ import annotations

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


def as_json(value: object) -> JsonValue:
    """What `value` is as JSON: models, dataclasses, dates and the like are spelled out; what JSON cannot say becomes its `str`."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    from pydantic_core import to_jsonable_python

    return cast(
        "JsonValue", to_jsonable_python(value, fallback=str, bytes_mode="base64", serialize_unknown=True)
    )


def as_object(value: JsonValue) -> JsonObject:
    """The value if it is an object, else an empty one: for reading what servers leave out or send as null."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: JsonValue) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def as_count(value: JsonValue) -> int | None:
    """The value if it is a number, else None; as Python reads JSON, NaN and Infinity are none."""
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
