"""Schemas by what is in them, with what is expected of each provider.

One letter per wire, in the order of WIRES: h held, c changed, w in words, u unenforced, d dropped, r refused.
Sources: the rules of OpenAI's strict subset (structured-outputs guide, section 1.6 of the sheet on Chat
Completions), those of Claude's (guide and SDK), what google-genai 3.6.1 says of `response_json_schema` and of
`Schema`, Cohere's and Anthropic's lists of unsupported keywords; November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chat_core import JsonObject

WIRES = ("strict subset", "claude", "gemini", "older gemini", "cohere", "bedrock")
TEXT: JsonObject = {"type": "string"}
FREE: JsonObject = {"type": "object", "additionalProperties": {"type": "integer"}}
PAIR: JsonObject = {
    "type": "object",
    "properties": {"a": TEXT, "b": TEXT},
    "required": ["a", "b"],
}


def tagged(kind: str) -> JsonObject:
    """One class of a union that a `kind` tells apart."""
    return {
        "type": "object",
        "properties": {"kind": {"type": "string", "const": kind}, "size": {"type": "integer"}},
        "required": ["kind", "size"],
    }


FEATURES: Mapping[str, tuple[JsonObject, str]] = {
    "a text": (TEXT, "hhhhhh"),
    "a whole number": ({"type": "integer"}, "hhhhhh"),
    "a number": ({"type": "number"}, "hhhhhh"),
    "yes or no": ({"type": "boolean"}, "hhhhhh"),
    "a description": ({"type": "string", "description": "A name."}, "hhhhhh"),
    "a title": ({"type": "string", "title": "Name"}, "hhhhhh"),
    "a choice of texts": ({"type": "string", "enum": ["a", "b"]}, "hhhhhh"),
    "a choice of numbers": ({"type": "integer", "enum": [1, 2]}, "hhhrhh"),
    "one text": ({"type": "string", "const": "a"}, "hhhhhh"),
    "minLength": ({"type": "string", "minLength": 2}, "wwuhww"),
    "maxLength": ({"type": "string", "maxLength": 9}, "wwuhww"),
    "pattern": ({"type": "string", "pattern": "^a+$"}, "hwuhhh"),
    "pattern that looks ahead": ({"type": "string", "pattern": "^(?=a)b"}, "wwuhhh"),
    "minimum": ({"type": "integer", "minimum": 1}, "hwhhww"),
    "maximum": ({"type": "number", "maximum": 9.5}, "hwhhww"),
    "exclusiveMinimum": ({"type": "integer", "exclusiveMinimum": 1}, "hwudww"),
    "exclusiveMaximum": ({"type": "integer", "exclusiveMaximum": 9}, "hwudww"),
    "multipleOf": ({"type": "integer", "multipleOf": 3}, "hwudww"),
    "format date-time": ({"type": "string", "format": "date-time"}, "hhhhhh"),
    "format uuid": ({"type": "string", "format": "uuid"}, "hhhdhh"),
    "format ipv4": ({"type": "string", "format": "ipv4"}, "hhhdhh"),
    "format uri": ({"type": "string", "format": "uri"}, "whhdhh"),
    "format binary": ({"type": "string", "format": "binary"}, "wwhdhh"),
    "contentEncoding": ({"type": "string", "contentEncoding": "base64"}, "wwudhh"),
    "a list": ({"type": "array", "items": TEXT}, "hhhhhh"),
    "minItems of one": ({"type": "array", "items": TEXT, "minItems": 1}, "hhhhwh"),
    "minItems of three": ({"type": "array", "items": TEXT, "minItems": 3}, "hwhhwh"),
    "maxItems": ({"type": "array", "items": TEXT, "maxItems": 3}, "hwhhww"),
    "uniqueItems": ({"type": "array", "items": TEXT, "uniqueItems": True}, "wwudww"),
    "a list of anything": ({"type": "array"}, "rrhrhh"),
    "a tuple": ({"type": "array", "prefixItems": [TEXT, {"type": "integer"}]}, "hrhrhh"),
    "contains": ({"type": "array", "items": TEXT, "contains": {"const": "a"}}, "rrudwh"),
    "an object": (PAIR, "hhhhhh"),
    "free keys": (FREE, "rrhrhh"),
    "further keys": (PAIR | {"additionalProperties": True}, "rrhrhh"),
    "patternProperties": ({"type": "object", "patternProperties": {"^a": TEXT}}, "rrurww"),
    "propertyNames": (FREE | {"propertyNames": {"maxLength": 3}}, "rrurww"),
    "minProperties": (FREE | {"minProperties": 1}, "rrurww"),
    "maxProperties": (FREE | {"maxProperties": 3}, "rrurww"),
    "dependentRequired": (PAIR | {"dependentRequired": {"a": ["b"]}}, "rrudhh"),
    "an optional property": (PAIR | {"required": ["a"]}, "chhhhh"),
    "a union": ({"anyOf": [TEXT, {"type": "integer"}]}, "hhhhhh"),
    "a union with a constraint": ({"anyOf": [{"type": "string", "minLength": 2}, FREE]}, "rrurww"),
    "types in a list": ({"type": ["string", "integer"]}, "hhhhhh"),
    "a tagged union": ({"oneOf": [tagged("cat"), tagged("dog")]}, "hhhhhh"),
    "allOf of one": ({"allOf": [TEXT]}, "hhhhhh"),
    "allOf of two": ({"allOf": [PAIR, tagged("cat")]}, "rrurhh"),
    "a reference": ({"$ref": "#/$defs/Pair"}, "hhhhhh"),
    "a reference with a description": ({"$ref": "#/$defs/Pair", "description": "Both."}, "hhhhhh"),
    "a type that holds itself": ({"$ref": "#/$defs/Node"}, "hrcrhh"),
    "anything": ({}, "rrhrhh"),
    "not": ({"type": "string", "not": {"const": "a"}}, "rrudhh"),
    "if and then": ({"type": "string", "if": {"const": "a"}, "then": {"minLength": 1}}, "rrudhh"),
    "a keyword of nobody's": ({"type": "string", "x-unit": "km"}, "dwddhh"),
}
DEFINITIONS: Mapping[str, JsonObject] = {
    "Pair": PAIR,
    "Node": {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
        "required": ["next"],
    },
}


def _rooted(schema: JsonObject, definitions: JsonObject | None = None) -> JsonObject:
    root: JsonObject = {"type": "object", "properties": {"it": schema}, "required": ["it"]}
    used = dict(definitions or {})
    text = f"{schema}{used}"
    used |= {name: one for name, one in DEFINITIONS.items() if f"#/$defs/{name}" in text}
    return root | ({"$defs": used} if used else {})


def _in_definition(schema: JsonObject) -> JsonObject:
    part: JsonObject = {"type": "object", "properties": {"in": schema}, "required": ["in"]}
    return _rooted({"$ref": "#/$defs/Part"}, {"Part": part})


PLACES: Mapping[str, Callable[[JsonObject], JsonObject]] = {
    "as a property": _rooted,
    "as items": lambda schema: _rooted({"type": "array", "items": schema}),
    "in a definition": _in_definition,
}
CORPUS: Mapping[str, tuple[JsonObject, str]] = {
    f"{feature} {place}": (put(schema), expected)
    for feature, (schema, expected) in FEATURES.items()
    for place, put in PLACES.items()
}
