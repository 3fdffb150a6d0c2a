"""The schema that an output type is sent with: of a type, as pydantic describes it, or of a JSON schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import TypeAlias, cast

from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.request import OutputSchema
from chat_core.types.untitled import untitled

_DEFINITIONS = ("$defs", "definitions")
_OF_DEFINITIONS = ("#/$defs/", "#/definitions/")

OutputForm: TypeAlias = object
"""What an output type is: a type, or a JSON schema as a mapping."""


def output_schema(name: str, schema: JsonObject) -> OutputSchema:
    """Return what is sent of a schema.

    Providers want an object at the root, so any other schema stands under `value`.
    """
    wrapped = schema.get("type") != "object"
    if wrapped:
        definitions: JsonObject = {key: schema[key] for key in _DEFINITIONS if key in schema}
        inner: JsonObject = {key: value for key, value in schema.items() if key not in _DEFINITIONS}
        schema = {
            "type": "object",
            "properties": {"value": inner},
            "required": ["value"],
            "additionalProperties": False,
            **definitions,
        }
    described = None if wrapped else schema.pop("description", None)
    sent_name = re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:64]
    return OutputSchema(sent_name, schema, described if isinstance(described, str) else None)


def schema_of_type(form: OutputForm) -> JsonObject:
    """Return the JSON schema of a type, without the titles that pydantic gives everything.

    Raises `ConfigurationError` where pydantic cannot read the type, or JSON schema has no form for it.
    """
    from pydantic import PydanticInvalidForJsonSchema, PydanticUserError, TypeAdapter

    try:
        schema = TypeAdapter(cast("type[object]", form)).json_schema()
    except PydanticInvalidForJsonSchema as exc:
        raise ConfigurationError(f"no JSON schema can describe {form!r}: {exc}") from exc
    except PydanticUserError as exc:
        raise ConfigurationError(f"pydantic cannot read {form!r}: {exc}") from exc
    return cast("JsonObject", untitled(cast("JsonValue", schema)))


def schema_of_form(form: OutputForm) -> OutputSchema:
    """Return what is sent of a type, or of a JSON schema. Raises `ConfigurationError` for neither."""
    if isinstance(form, Mapping):
        given = deepcopy(dict(cast("Mapping[str, JsonValue]", form)))
        if "properties" in given:
            given.setdefault("type", "object")
        title = given.get("title")
        schema = given if given.get("type") == "object" else cast("JsonObject", under_value(given))
        return output_schema(title if isinstance(title, str) else "output", schema)
    if form is None or isinstance(form, str | bytes | int | float | list | tuple | set):
        raise ConfigurationError(f"an output type is a type or a JSON schema, not {form!r}")
    return output_schema(str(getattr(form, "__name__", "output")), schema_of_type(form))


def under_value(node: JsonValue) -> JsonValue:
    """Return a schema as it is under `value`: definitions stay at the root, other references go deeper."""
    match node:
        case dict():
            return {
                key: _moved_reference(item) if key == "$ref" else under_value(item)
                for key, item in node.items()
            }
        case list():
            return [under_value(item) for item in node]
        case _:
            return node


def _moved_reference(reference: JsonValue) -> JsonValue:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return reference
    if reference.startswith(_OF_DEFINITIONS):
        return reference
    return f"#/properties/value{reference[1:]}"
