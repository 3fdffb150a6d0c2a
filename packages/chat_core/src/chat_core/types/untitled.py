"""Schemas without the titles that pydantic puts everywhere: they help no model, and cost tokens."""

from __future__ import annotations

from chat_core.types.json_values import JsonValue


def untitled(schema: JsonValue) -> JsonValue:
    """Return the schema without titles; a property called `title` stays."""
    match schema:
        case dict():
            return {key: _untitled_under(key, value) for key, value in schema.items() if key != "title"}
        case list():
            return [untitled(item) for item in schema]
        case _:
            return schema


def _untitled_under(keyword: str, value: JsonValue) -> JsonValue:
    if keyword in ("default", "const", "enum", "examples"):
        return value
    if keyword in ("properties", "$defs") and isinstance(value, dict):  # names here, and one may be `title`
        return {name: untitled(schema) for name, schema in value.items()}
    return untitled(value)
