"""A JSON schema for a server that refuses some keywords: what they say is written into descriptions, for the
model.
"""

from __future__ import annotations

import json
from collections.abc import Set

from chat_core.types.json_values import MAX_DEPTH, JsonObject, JsonValue

_MAPS = frozenset({"properties", "$defs", "definitions"})
_SCHEMAS = frozenset({"items", "additionalProperties", "not"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})


def described_schema(schema: JsonObject, unsupported: Set[str]) -> JsonObject:
    """Return the schema with its objects closed, and its `unsupported` keywords as words in the descriptions.

    An object that allows other keys explicitly is left as it is.
    """
    return _described(schema, unsupported, 0)


def _described(schema: JsonObject, unsupported: Set[str], depth: int) -> JsonObject:
    kept: JsonObject = {}
    described: list[str] = []
    for keyword, value in schema.items():
        if keyword in unsupported:
            described.append(f"{keyword}: {json.dumps(value, ensure_ascii=False)}")
        else:
            kept[keyword] = _inside(keyword, value, unsupported, depth)
    if kept.get("type") == "object" or "properties" in kept:
        kept.setdefault("additionalProperties", False)
    if described:
        kept["description"] = f"{kept.get('description', '')} ({', '.join(described)})".strip()
    return kept


def _inside(keyword: str, value: JsonValue, unsupported: Set[str], depth: int) -> JsonValue:
    if depth >= MAX_DEPTH:
        return value
    match value:
        case dict() if keyword in _MAPS:
            return {name: _schema(item, unsupported, depth) for name, item in value.items()}
        case dict() if keyword in _SCHEMAS:
            return _described(value, unsupported, depth + 1)
        case list() if keyword in _LISTS:
            return [_schema(item, unsupported, depth) for item in value]
        case _:
            return value


def _schema(value: JsonValue, unsupported: Set[str], depth: int) -> JsonValue:
    return _described(value, unsupported, depth + 1) if isinstance(value, dict) else value
