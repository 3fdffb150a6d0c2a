"""Whether a JSON value fits a JSON schema.

For tools that come with a schema of their own, as from MCP. The `jsonschema` library would bring five distributions, one of them
compiled, and 60 ms of import, for the dozen keywords that tools use. Keywords not named here are not checked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from chat_core.types.json_values import JsonObject, JsonValue

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def faults(value: JsonValue, schema: JsonValue, root: JsonValue = None, at: str = "") -> Iterator[str]:
    """What is wrong with `value`, each with a JSON pointer to the place; nothing if it fits."""
    root = schema if root is None else root
    if schema is False:
        yield f"{at or '/'}: nothing is allowed here"
    if not isinstance(schema, dict):
        return
    if isinstance(reference := schema.get("$ref"), str):
        yield from faults(value, _resolve(reference, root), root, at)
    yield from _type_faults(value, schema, at)
    yield from _choice_faults(value, schema, root, at)
    match value:
        case dict():
            yield from _object_faults(value, schema, root, at)
        case list():
            yield from _array_faults(value, schema, root, at)
        case str():
            yield from _string_faults(value, schema, at)
        case bool() | None:
            pass
        case int() | float():
            yield from _number_faults(value, schema, at)


def _type_faults(value: JsonValue, schema: JsonObject, at: str) -> Iterator[str]:
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    if names and not any(isinstance(name, str) and _is_a(value, name) for name in names):
        yield f"{at or '/'}: expected {' or '.join(str(name) for name in names)}, got {value!r}"[:200]
    if "enum" in schema and value not in _listed(schema, "enum"):
        yield f"{at or '/'}: expected one of {schema['enum']}, got {value!r}"[:200]
    if "const" in schema and value != schema["const"]:
        yield f"{at or '/'}: expected {schema['const']!r}, got {value!r}"[:200]


def _is_a(value: JsonValue, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, (object,)))


def _choice_faults(value: JsonValue, schema: JsonObject, root: JsonValue, at: str) -> Iterator[str]:
    for part in _listed(schema, "allOf"):
        yield from faults(value, part, root, at)
    for keyword in ("anyOf", "oneOf"):
        choices = _listed(schema, keyword)
        tried = [list(faults(value, choice, root, at)) for choice in choices]
        fitting = sum(not found for found in tried)
        if choices and not fitting:
            yield f"{at or '/'}: fits no alternative: {'; '.join(found[0] for found in tried)}"[:300]
        elif keyword == "oneOf" and fitting > 1:
            yield f"{at or '/'}: fits {fitting} alternatives instead of one"


def _object_faults(value: JsonObject, schema: JsonObject, root: JsonValue, at: str) -> Iterator[str]:
    for name in _listed(schema, "required"):
        if isinstance(name, str) and name not in value:
            yield f"{at}/{name}: is missing"
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    patterns = schema.get("patternProperties")
    other = schema.get("additionalProperties", True)
    for name, item in value.items():
        matched = (
            [part for pattern, part in patterns.items() if _matches(pattern, name)]
            if isinstance(patterns, dict)
            else []
        )
        for part in [known[name], *matched] if name in known else matched or [other]:
            yield from faults(item, part, root, f"{at}/{name}")


def _array_faults(value: list[JsonValue], schema: JsonObject, root: JsonValue, at: str) -> Iterator[str]:
    yield from _range_faults(len(value), schema, ("minItems", "maxItems"), "items", at)
    first = _listed(schema, "prefixItems")
    for index, item in enumerate(value):
        yield from faults(
            item, first[index] if index < len(first) else schema.get("items", True), root, f"{at}/{index}"
        )


def _string_faults(value: str, schema: JsonObject, at: str) -> Iterator[str]:
    yield from _range_faults(len(value), schema, ("minLength", "maxLength"), "characters", at)
    if isinstance(pattern := schema.get("pattern"), str) and not _matches(pattern, value):
        yield f"{at or '/'}: does not match {pattern!r}"


def _number_faults(value: float, schema: JsonObject, at: str) -> Iterator[str]:
    yield from _range_faults(value, schema, ("minimum", "maximum"), "", at)
    if isinstance(low := schema.get("exclusiveMinimum"), int | float) and value <= low:
        yield f"{at or '/'}: {value} is not above {low}"
    if isinstance(high := schema.get("exclusiveMaximum"), int | float) and value >= high:
        yield f"{at or '/'}: {value} is not below {high}"
    if isinstance(step := schema.get("multipleOf"), int | float) and step and not _is_multiple(value, step):
        yield f"{at or '/'}: {value} is no multiple of {step}"


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # schemas are written for JavaScript's patterns, and not all of them are Python's: then it is not checked
        return True


def _is_multiple(value: float, step: float) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    return math.isfinite(value) and math.isclose(value / step, round(value / step))


def _range_faults(
    size: float, schema: JsonObject, keywords: tuple[str, str], unit: str, at: str
) -> Iterator[str]:
    low, high = (schema.get(keyword) for keyword in keywords)
    if isinstance(low, int | float) and size < low:
        yield f"{at or '/'}: {size} {unit}".rstrip() + f" is less than {low}"
    if isinstance(high, int | float) and size > high:
        yield f"{at or '/'}: {size} {unit}".rstrip() + f" is more than {high}"


def _listed(schema: JsonObject, keyword: str) -> list[JsonValue]:
    found = schema.get(keyword)
    return found if isinstance(found, list) else []


def _resolve(reference: str, root: JsonValue) -> JsonValue:
    node = root
    for step in reference.removeprefix("#").split("/")[1:]:
        node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
    return node
