"""Typed output: a JSON schema as the server holds it, or as instructions where the model has no such
thing.
"""

from __future__ import annotations

import json

from chat_core import JsonObject, Notice, OutputSchema
from chat_core.wire import described_schema, wire_name

from chat_bedrock.wire import Block

# Keywords that the server refuses in a schema, by Anthropic's documentation of structured outputs.
UNSUPPORTED = frozenset(
    (
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "examples"),
        *("minLength", "maxLength", "maxItems", "uniqueItems", "minContains", "maxContains"),
        *("minProperties", "maxProperties", "patternProperties", "propertyNames"),
    )
)


def text_format(output: OutputSchema) -> JsonObject:
    """Return the `textFormat` of an output schema. The schema travels as text."""
    schema: JsonObject = {
        "name": wire_name(output.name),
        "schema": json.dumps(described_schema(output.schema, UNSUPPORTED), ensure_ascii=False),
    }
    if output.description and output.description.strip():
        schema["description"] = output.description
    return {"type": "json_schema", "structure": {"jsonSchema": schema}}


def schema_instructions(output: OutputSchema) -> tuple[Block, Notice]:
    """Return the instructions that stand for a schema, and the notice that the server does not hold the
    model to it."""
    schema = json.dumps(output.schema, ensure_ascii=False)
    text = f"Respond with one JSON object that satisfies this JSON schema, and with nothing else:\n{schema}"
    return {"text": text}, Notice(
        "output",
        "this model has no output schema on Bedrock: it was sent as instructions, and may not be kept to",
    )
