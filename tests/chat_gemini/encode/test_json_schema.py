"""JSON Schema as Gemini takes it: without what it refuses or does not read."""

from __future__ import annotations

from typing import Any

from chat_core import Notice
from chat_gemini.encode.json_schema import json_schema


def test_noise_is_left_out_and_a_constant_is_a_choice_of_one() -> None:
    schema = {
        "$schema": "x",
        "title": "T",
        "type": "object",
        "properties": {
            "title": {"type": "string", "title": "Title", "examples": ["a"], "default": {"title": 1}},
            "const": {"const": "a", "title": "C"},
            "many": {
                "type": "array",
                "items": {"title": "I", "anyOf": [{"title": "x", "type": "null"}, {"$ref": "#/$defs/N"}]},
            },
        },
        "required": ["title"],
        "$defs": {
            "N": {"title": "N", "type": "object", "additionalProperties": {"type": "string", "title": "x"}}
        },
    }
    assert json_schema(schema, "x", []) == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "default": {"title": 1}},
            "const": {"enum": ["a"]},
            "many": {"type": "array", "items": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/N"}]}},
        },
        "required": ["title"],
        "$defs": {"N": {"type": "object", "additionalProperties": {"type": "string"}}},
    }


def test_keywords_that_are_not_json_schemas_are_left_out_with_a_notice() -> None:
    schema: Any = {
        "type": "object",
        "properties": {"example": {"type": "string", "example": "a", "x-order": 1}},
        "x-internal": True,
    }
    notices: list[Notice] = []
    sent = json_schema(schema, "tool add", notices)
    assert sent == {"type": "object", "properties": {"example": {"type": "string"}}}
    assert [(notice.about, notice.message) for notice in notices] == [
        ("schema", "tool add: Gemini does not know example, x-internal, x-order; it was left out")
    ]
