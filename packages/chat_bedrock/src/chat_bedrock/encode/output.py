"""Typed output: a JSON schema as the server holds it, or as instructions where the model has no such thing."""

from __future__ import annotations

import json

from chat_core import JsonObject, JsonValue, Notice, OutputSchema
from chat_core.types.json_values import as_object
from chat_core.wire import wire_name

from chat_bedrock.wire import Block

# Keywords that the server refuses in a schema. They are written into the description, where the model reads them.
_DESCRIBED = frozenset(
    (
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "examples"),
        *("minLength", "maxLength", "maxItems", "uniqueItems", "minContains", "maxContains"),
        *("minProperties", "maxProperties", "patternProperties", "propertyNames"),
    )
)
_MAPS = frozenset({"properties", "$defs", "definitions"})
_SCHEMAS = frozenset({"items", "additionalProperties", "not"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_DEEPEST = 100


def text_format(output: OutputSchema) -> JsonObject:
    """Return the `textFormat` of an output schema. The schema travels as text."""
    schema: JsonObject = {
        "name": wire_name(output.name),
        "schema": json.dumps(closed_schema(output.schema), ensure_ascii=False),
    }
    if output.description and output.description.strip():
        schema["description"] = output.description
    return {"type": "json_schema", "structure": {"jsonSchema": schema}}


def schema_instructions(output: OutputSchema) -> tuple[Block, Notice]:
    """Return the instructions that stand for a schema, and the notice that the server does not hold the model to it."""
    schema = json.dumps(output.schema, ensure_ascii=False)
    text = f"Respond with one JSON object that satisfies this JSON schema, and with nothing else:\n{schema}"
    return {"text": text}, Notice(
        "output",
        "this model has no output schema on Bedrock: it was sent as instructions, and may not be kept to",
    )


def closed_schema(schema: JsonObject, depth: int = 0) -> JsonObject:
    """Return the schema with its objects closed, and with what the server refuses written into descriptions."""
    closed: JsonObject = {}
    described: list[str] = []
    for keyword, value in schema.items():
        if keyword in _DESCRIBED:
            described.append(f"{keyword}: {json.dumps(value, ensure_ascii=False)}")
        else:
            closed[keyword] = _inside(keyword, value, depth)
    if closed.get("type") == "object" or "properties" in closed:
        closed.setdefault("additionalProperties", False)
    if described:
        closed["description"] = f"{closed.get('description', '')} ({', '.join(described)})".strip()
    return closed


def _inside(keyword: str, value: JsonValue, depth: int) -> JsonValue:
    if depth >= _DEEPEST:
        return value
    match value:
        case dict() if keyword in _MAPS:
            return {name: _schema(item, depth) for name, item in value.items()}
        case dict() if keyword in _SCHEMAS:
            return closed_schema(value, depth + 1)
        case list() if keyword in _LISTS:
            return [_schema(item, depth) for item in value]
        case _:
            return value


def _schema(value: JsonValue, depth: int) -> JsonValue:
    return closed_schema(as_object(value), depth + 1) if isinstance(value, dict) else value
