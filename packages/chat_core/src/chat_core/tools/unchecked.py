"""The keywords of a JSON schema that `tools.json_schema` does not check."""

from __future__ import annotations

from chat_core.tools.patterns import is_safe
from chat_core.types.json_values import JsonValue, as_list, as_object

_CHECKED_ANYWHERE = ("$ref", "type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_CHECKED_IN_OBJECTS = (
    *("required", "properties", "patternProperties", "additionalProperties", "propertyNames"),
    *("minProperties", "maxProperties", "dependentRequired"),
)
_CHECKED_IN_ARRAYS = ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains")
_CHECKED_IN_VALUES = (
    *("minLength", "maxLength", "pattern"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
)
_ANNOTATIONS = (
    *("$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples"),
    *("deprecated", "readOnly", "writeOnly"),
)
KEYWORDS = frozenset(
    _CHECKED_ANYWHERE + _CHECKED_IN_OBJECTS + _CHECKED_IN_ARRAYS + _CHECKED_IN_VALUES + _ANNOTATIONS
)
_OF_NAMES = frozenset(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"))
_OF_VALUES = frozenset(("default", "const", "enum", "examples", "required", "dependentRequired"))


def unchecked(schema: JsonValue) -> list[str]:
    """Return the keywords of a schema that `faults` does not check, sorted; a pattern that is not, with the
    pattern.
    """
    found: set[str] = set()
    open_schemas = [schema]
    while open_schemas:
        node = open_schemas.pop()
        for keyword, inner in as_object(node).items():
            if keyword in _OF_NAMES:
                open_schemas += as_object(inner).values()
            elif keyword not in _OF_VALUES:
                open_schemas += as_list(inner) or [inner]
            if keyword == "pattern" and isinstance(inner, str) and not is_safe(inner):
                found.add(f"pattern {inner!r}")
            elif keyword == "patternProperties":
                found |= {f"pattern {pattern!r}" for pattern in as_object(inner) if not is_safe(pattern)}
            elif keyword not in KEYWORDS:
                found.add(keyword)
    return sorted(found)
