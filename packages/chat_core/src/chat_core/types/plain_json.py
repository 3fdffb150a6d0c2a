"""Any Python value as JSON that can be stored, restored to an equal value, and sent."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Set
from dataclasses import fields, is_dataclass
from typing import TypeAlias, cast

from chat_core.types.describe import describe, whole_text
from chat_core.types.json_values import MAX_DEPTH, MAX_INTEGER_BITS, JsonValue

Replace: TypeAlias = Callable[[object], JsonValue]
"""What stands in the place of an object that is not JSON; None where it is spelled out like the rest."""


def as_json(value: object) -> JsonValue:
    """Return `value` as JSON.

    Models, dataclasses, dates, arrays of numpy and tables of pandas are spelled out; NaN and infinite numbers
    become null, half a surrogate pair becomes U+FFFD, and what JSON has no form for becomes its `str`. Raises
    `ValueError` for a value that contains itself or is nested deeper than `MAX_DEPTH`.
    """
    return plain_json(value)


def plain_json(value: object, replace: Replace | None = None) -> JsonValue:
    """Return `value` as JSON, copied; see `as_json`.

    `replace` may put something else in the place of an object.

    Raises `ValueError` for what contains itself or is nested deeper than `MAX_DEPTH`.
    """
    return _Walk(replace).of(value, 0)


class _Walk:
    """One walk over a value. `_open` are the containers around the current item, so that circles are seen."""

    def __init__(self, replace: Replace | None) -> None:
        self._replace = replace
        self._replaced = 0
        self._open: set[int] = set()

    def of(self, value: object, depth: int) -> JsonValue:
        match value:
            case None | bool():
                return value
            case str():
                return whole_text(str.__str__(value))
            case int():
                return int(value) if int.bit_length(value) <= MAX_INTEGER_BITS else hex(value)
            case float():
                return float(value) if math.isfinite(value) else None
            case dict() | list() | tuple() | Mapping() | Set():
                return self._container(cast("object", value), depth)
            case _:
                return self._object(value, depth)

    def _container(self, value: object, depth: int) -> JsonValue:
        identity = id(value)
        if identity in self._open:
            raise ValueError(f"Circular reference: a {type(value).__name__} contains itself")
        if depth >= MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
        self._open.add(identity)
        try:
            if isinstance(value, Mapping):
                items = cast("Mapping[object, object]", value).items()
                return {_key(key): self.of(item, depth + 1) for key, item in items}
            return [self.of(item, depth + 1) for item in cast("list[object]", value)]
        finally:
            self._open.discard(identity)

    def _object(self, value: object, depth: int) -> JsonValue:
        if self._replace is not None and (replaced := self._replace(value)) is not None:
            self._replaced += 1
            return replaced
        if is_dataclass(value) and not isinstance(value, type) and not _is_model(value):
            return self._container({field.name: getattr(value, field.name) for field in fields(value)}, depth)
        if self._replace is not None and _is_model(value):
            before, found = self._replaced, self._container(dict(vars(value)), depth)
            if self._replaced > before:  # otherwise its own serializers decide how it looks
                return found
        try:
            spelled = _of_array(value)
        except (
            Exception
        ):  # arrays of other libraries fail in ways of their own; their text is better than nothing
            spelled = value
        return self.of(_of_leaf(value), depth) if spelled is value else self.of(spelled, depth)


def _key(key: object) -> str:
    if isinstance(key, str):
        return whole_text(str.__str__(key))
    plain = plain_json(key)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _is_model(value: object) -> bool:
    """Whether it is a model or dataclass of pydantic."""
    return hasattr(type(value), "__pydantic_serializer__") and hasattr(value, "__dict__")


def _of_array(value: object) -> object:
    """Return the numbers of an array or scalar of numpy, a tensor or a table; else the value itself."""
    if type(value).__name__ in ("NAType", "NaTType"):  # of pandas: not available
        return None
    if str(getattr(value, "dtype", "")).startswith(("datetime64", "timedelta64")):
        return _texts_of_times(value)
    if isinstance(value, type) or type(value) is memoryview:
        return cast("object", value)
    for method, keywords in _AS_PYTHON:
        convert: object = getattr(value, method, None)
        if callable(convert):
            return convert(**keywords)
    return value


_AS_PYTHON: tuple[tuple[str, dict[str, str]], ...] = (
    ("tolist", {}),  # numpy, torch, a column of pandas
    ("to_dicts", {}),  # a table of polars
    ("to_list", {}),  # a column of polars
    ("to_dict", {"orient": "records"}),  # a table of pandas
)


def _texts_of_times(value: object) -> object:
    """Return the dates of an array as text, since `tolist` makes bare numbers of those with nanoseconds."""
    if getattr(value, "shape", ()) == ():
        return str(value)
    return [_texts_of_times(item) for item in cast("list[object]", value)]


def _of_leaf(value: object) -> object:
    """Return what pydantic makes of a value: dates, UUIDs, models, enums, bytes; else its `str`."""
    from pydantic_core import to_jsonable_python

    try:
        return cast(
            "object",
            to_jsonable_python(value, fallback=describe, bytes_mode="base64", serialize_unknown=True),
        )
    except Exception:  # a serializer of the application's, or a circle in a model
        return describe(value)
