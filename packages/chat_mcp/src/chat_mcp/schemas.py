"""The JSON schema of a remote tool's arguments: whether it can be sent, and in which form.

Every model's wire wants an object at the root, and most refuse a schema that points outside itself, or a
choice at its root. One such schema would have the whole request refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from chat_core import JsonObject, JsonValue
from chat_core.types.json_values import as_list, as_object, as_text

_DEEPEST: Final = 64
_CHOICES: Final = ("anyOf", "oneOf", "allOf")
_NOT_AT_THE_ROOT: Final = (*_CHOICES, "not", "if", "then", "else", "enum", "const")
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def schema_fault(schema: JsonValue) -> str | None:
    """Return why a schema cannot be sent to any model, or None."""
    if not isinstance(schema, dict):
        return "its input schema is no object"
    kind = schema.get("type", "object")
    if kind != "object" and "object" not in as_list(kind):
        return f"its input schema is of type {kind!r}, not of an object"
    try:
        for node in _nodes(schema):
            if fault := _reference_fault(as_text(as_object(node).get("$ref")), schema):
                return fault
        for _, name in _header_places(schema):
            if not _TOKEN.fullmatch(name):
                return f"its input schema names a header {name!r} that cannot be one"
    except RecursionError:
        return f"its input schema is nested deeper than {_DEEPEST} levels"
    names = [name.lower() for _, name in _header_places(schema)]
    return "its input schema names a header twice" if len(names) != len(set(names)) else None


def sendable_schema(schema: JsonObject) -> JsonObject:
    """Return a schema whose root has no choices: their properties are all offered.

    Arguments are still checked against the schema as it was.
    """
    sent = {name: value for name, value in schema.items() if name not in _NOT_AT_THE_ROOT}
    if "type" in schema or sent != schema:
        sent["type"] = "object"
    if not any(keyword in schema for keyword in _CHOICES):
        return sent
    properties = dict(as_object(schema.get("properties")))
    required = _required(schema)
    for keyword in _CHOICES:
        branches = [_resolved(branch, schema) for branch in as_list(schema.get(keyword))]
        for branch in branches:
            properties = {**as_object(branch.get("properties")), **properties}
        wanted = [_required(branch) for branch in branches]
        if wanted:
            in_all = wanted[0].intersection(*wanted)
            required |= in_all.union(*wanted) if keyword == "allOf" else in_all
    return {**sent, "properties": properties, "required": [name for name in properties if name in required]}


def header_places(schema: JsonObject) -> dict[tuple[str, ...], str]:
    """Return the headers that repeat arguments, by the place of the argument (`x-mcp-header`)."""
    return dict(_header_places(schema))


def _header_places(schema: JsonObject, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, value in as_object(schema.get("properties")).items():
        inner = as_object(value)
        if isinstance(header := inner.get("x-mcp-header"), str):
            yield (*path, name), header
        yield from _header_places(inner, (*path, name))


def _required(schema: JsonObject) -> set[str]:
    return {name for name in as_list(schema.get("required")) if isinstance(name, str)}


def _nodes(value: JsonValue, depth: int = 0) -> Iterator[JsonValue]:
    if depth > _DEEPEST:
        raise RecursionError
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _nodes(one, depth + 1)


def _reference_fault(reference: str, schema: JsonObject) -> str | None:
    if not reference:
        return None
    if not reference.startswith("#"):
        return f"its input schema points to {reference!r}, outside itself"
    if _target(reference, schema) is None:
        return f"its input schema points to {reference!r}, which is not there"
    return None


def _resolved(branch: JsonValue, schema: JsonObject) -> JsonObject:
    found = as_object(branch)
    for _ in range(_DEEPEST):
        reference = as_text(found.get("$ref"))
        if not reference:
            break
        found = as_object(_target(reference, schema))
    return found


def _target(reference: str, schema: JsonObject) -> JsonValue:
    node: JsonValue = schema
    for step in reference.removeprefix("#").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        items = as_list(node)
        at = int(key) if key.isdecimal() and len(key) < 7 else len(items)
        node = items[at] if at < len(items) else as_object(node).get(key)
    return node
