"""Output that a JSON schema describes; its value is JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cached_property
from typing import cast

from chat_core.chat.structured import DoesNotFit, OutputType
from chat_core.tools.json_schema import faults
from chat_core.tools.unchecked import KEYWORDS
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, json_fault
from chat_core.types.type_schema import under_value

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_OF_NAMES = ("properties", "patternProperties", "$defs", "definitions")
_OF_VALUES = ("default", "const", "enum", "examples", "required")
_WRITE = (
    "a JSON schema looks like "
    '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}'
)


class SchemaOutput(OutputType[JsonValue]):
    """Output as a JSON schema describes it: the answer is checked against it, and stays JSON.

    Raises `ConfigurationError` for what is no JSON schema.
    """

    _reads_text = False  # the schema is checked against the plain value

    def __init__(self, schema: Mapping[str, object]) -> None:
        super().__init__(cast("type[JsonValue]", object))
        self._given = _checked(schema)

    @property
    def name(self) -> str:
        """The title of the schema."""
        return self._name

    @property
    def _name(self) -> str:
        title = self._given.get("title")
        return title if isinstance(title, str) and title.isascii() else "output"

    @cached_property
    def _schema(self) -> JsonObject:
        """The schema as it is sent. References follow where it moves as it is wrapped."""
        schema = deepcopy(self._given)
        return schema if schema.get("type") == "object" else cast("JsonObject", under_value(schema))

    def _validated(self, value: JsonValue, document: str | None) -> JsonValue:
        if found := faults(value, self._given, "the output's schema"):
            raise DoesNotFit("; ".join(found[:5]))
        return deepcopy(value)  # the application may change it, the conversation keeps what the model wrote


def _checked(schema: Mapping[str, object]) -> JsonObject:
    try:
        copied = cast("JsonObject", json.loads(json.dumps(dict(schema), allow_nan=False)))
        if fault := json_fault(copied):
            raise ValueError(fault)
    except (TypeError, ValueError, RecursionError) as exc:
        raise ConfigurationError(
            f"with_structured_output(...): this is no JSON schema: {exc}; {_WRITE}, and a Python type is "
            f"passed itself"
        ) from exc
    if copied.get("type") == "json_schema" or ("schema" in copied and not copied.keys() & KEYWORDS):
        raise ConfigurationError(
            'with_structured_output(...) takes the schema alone, what stands under "schema"'
        )
    if copied and not copied.keys() & KEYWORDS:
        raise ConfigurationError(
            f"with_structured_output({copied}): it has no keyword of JSON schema; {_WRITE}"
        )
    if fault := next(iter(_type_faults(copied, "#")), None):
        raise ConfigurationError(f"with_structured_output(...): this is no JSON schema: {fault}")
    if "properties" in copied:
        copied.setdefault("type", "object")
    return copied


def _type_faults(schema: JsonValue, at: str) -> list[str]:
    """Return the places where the name of a type is none, or `properties` or `required` have another form."""
    found: list[str] = []
    for keyword, inner in as_object(schema).items():
        place = f"{at}/{keyword}"
        if keyword == "type":
            names = inner if isinstance(inner, list) else [inner]
            found += [
                f"{place}: {name!r} is none of {', '.join(_TYPES)}" for name in names if name not in _TYPES
            ]
        elif keyword in _OF_NAMES:
            found += [] if isinstance(inner, dict) else [f"{place}: it is an object of schemas"]
            found += [
                fault
                for name, part in as_object(inner).items()
                for fault in _type_faults(part, f"{place}/{name}")
            ]
        elif keyword in ("required", "enum") and not isinstance(inner, list):
            found.append(f"{place}: it is a list")
        elif keyword not in _OF_VALUES:
            parts = as_list(inner) or [inner]
            found += [fault for part in parts for fault in _type_faults(part, place)]
    return found
