"""Schemas without the titles that pydantic puts everywhere, which help no model and cost tokens, and without
numbers that JSON does not have, such as a default of infinity.
"""

from __future__ import annotations

from chat_core.types.json_values import JsonValue, json_fault

_VALUES = frozenset(("default", "const", "enum", "examples"))


def untitled(schema: JsonValue) -> JsonValue:
    """Return the schema without titles, and without keywords whose value is no JSON; a property called
    `title` stays.
    """
    match schema:
        case dict():
            return {
                key: _untitled_under(key, value)
                for key, value in schema.items()
                if key != "title" and not _is_no_json(key, value)
            }
        case list():
            return [untitled(item) for item in schema]
        case _:
            return schema


def _untitled_under(keyword: str, value: JsonValue) -> JsonValue:
    if keyword in _VALUES:
        return value
    if keyword in ("properties", "$defs") and isinstance(value, dict):  # names here, and one may be `title`
        return {name: untitled(schema) for name, schema in value.items()}
    return untitled(value)


def _is_no_json(keyword: str, value: JsonValue) -> bool:
    return (keyword in _VALUES or isinstance(value, float)) and json_fault(value) is not None
