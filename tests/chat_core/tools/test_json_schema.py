"""Whether values fit JSON schemas as MCP servers write them."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from chat_core.tools.json_schema import faults

RECURSIVE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "n": {"type": "integer"}}}
    },
}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (1, True),
        (1, {}),
        (1.0, {"type": "integer"}),
        (1, {"type": "number"}),
        (None, {"type": ["string", "null"]}),
        (None, {"type": "null"}),
        ("a", {"enum": ["a", None]}),
        ({"a": 1}, {"properties": {"a": {"type": "integer"}}}),
        ({"b": 1}, {"properties": {"a": {}}, "additionalProperties": {"type": "integer"}}),
        (
            {"x-a": 1, "b": "s"},
            {
                "patternProperties": {"^x-": {"type": "integer"}},
                "properties": {"b": {}},
                "additionalProperties": False,
            },
        ),
        ([1, "a", "b"], {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}),
        ("b", {"oneOf": [{"const": "a"}, {"const": "b"}]}),
        ({"next": {"next": {"n": 1}}}, RECURSIVE),
        ("größe", {"pattern": r"^\p{L}+$"}),  # JavaScript's, not Python's: not checked
        (0.3, {"multipleOf": 0.1}),
        (10**400, {"multipleOf": 5}),
        ("x", {"$ref": "https://elsewhere/schema.json"}),
        ("x", {"format": "date", "contentEncoding": "base64"}),  # keywords not known are not checked
        ({}, {"properties": None, "required": None}),
    ],
)
def test_it_fits(value: Any, schema: Any) -> None:
    assert list(faults(value, schema)) == []


@pytest.mark.parametrize(
    ("value", "schema", "fault"),
    [
        (1, False, "/: nothing is allowed here"),
        ("1", {"type": "integer"}, "/: expected integer, got '1'"),
        (True, {"type": "integer"}, "/: expected integer, got True"),
        (1, {"type": "boolean"}, "/: expected boolean, got 1"),
        (1.5, {"type": "integer"}, "/: expected integer, got 1.5"),
        (1, {"type": ["string", "null"]}, "/: expected string or null, got 1"),
        ("c", {"enum": ["a", "b"]}, "/: expected one of ['a', 'b'], got 'c'"),
        (2, {"const": 1}, "/: expected 1, got 2"),
        ({}, {"required": ["a"]}, "/a: is missing"),
        (
            {"a": {"b": 1}},
            {"properties": {"a": {"properties": {"b": {"type": "string"}}}}},
            "/a/b: expected string, got 1",
        ),
        ({"b": 1}, {"properties": {"a": {}}, "additionalProperties": False}, "/b: nothing is allowed here"),
        (
            {"x-a": "s"},
            {"patternProperties": {"^x-": {"type": "integer"}}},
            "/x-a: expected integer, got 's'",
        ),
        ([1, 2], {"items": {"type": "string"}}, "/0: expected string, got 1"),
        ([], {"minItems": 1}, "/: 0 items is less than 1"),
        ([1, 2], {"maxItems": 1}, "/: 2 items is more than 1"),
        ("", {"minLength": 1}, "/: 0 characters is less than 1"),
        ("ab", {"pattern": "^a$"}, "/: does not match '^a$'"),
        (0, {"minimum": 1}, "/: 0 is less than 1"),
        (1, {"exclusiveMinimum": 1}, "/: 1 is not above 1"),
        (1, {"exclusiveMaximum": 1}, "/: 1 is not below 1"),
        (7, {"multipleOf": 5}, "/: 7 is no multiple of 5"),
        (math.inf, {"multipleOf": 5}, "/: inf is no multiple of 5"),
        (math.nan, {"multipleOf": 5}, "/: nan is no multiple of 5"),
        (
            1,
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "/: fits no alternative: /: expected string, got 1; /: expected null, got 1",
        ),
        (1, {"oneOf": [{"type": "integer"}, {"minimum": 0}]}, "/: fits 2 alternatives instead of one"),
        (1, {"allOf": [{"minimum": 2}]}, "/: 1 is less than 2"),
        ({"next": {"n": "x"}}, RECURSIVE, "/next/n: expected integer, got 'x'"),
    ],
)
def test_it_does_not_and_the_fault_says_where(value: Any, schema: Any, fault: str) -> None:
    assert fault in list(faults(value, schema))


def test_a_fault_does_not_repeat_a_long_value() -> None:
    [fault] = faults("x" * 10_000, {"type": "integer"})

    assert len(fault) <= 200


def doubled(times: int) -> Any:
    schema: Any = {"type": "integer"}
    for _ in range(times):
        schema = {"anyOf": [schema, schema]}
    return schema


def wrapped(times: int) -> Any:
    schema: Any = {}
    for _ in range(times):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "#"}, "# refers to itself without end"),
        (
            {"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}},
            "refers to itself without end",
        ),
        (doubled(40), "it tries too many alternatives"),
        (wrapped(5000), "nested too deeply"),
    ],
)
def test_a_schema_that_costs_too_much_is_a_fault_of_the_schema_in_bounded_time(
    schema: Any, reason: str
) -> None:
    begun = time.process_time()

    [fault] = faults("x", schema)

    assert "the tool's schema cannot be checked" in fault
    assert reason in fault
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    ("value", "schema", "fits"),
    [
        (True, {"enum": [1]}, False),
        (1, {"const": True}, False),
        ([True], {"const": [1]}, False),
        ({"a": 0}, {"enum": [{"a": False}]}, False),
        (1.0, {"enum": [1]}, True),
        ([1, True], {"uniqueItems": True}, True),
        ([1, 1.0], {"uniqueItems": True}, False),
        (5, {"not": {"type": "integer"}}, False),
        ({"a": 1}, {"if": {"required": ["a"]}, "then": {"required": ["b"]}}, False),
        ({}, {"if": {"required": ["a"]}, "then": {"required": ["b"]}}, True),
        ([1, "x"], {"contains": {"type": "string"}}, True),
        ([1], {"contains": {"type": "string"}}, False),
        ({"long name": 1}, {"propertyNames": {"pattern": "^[a-z]+$"}}, False),
        ({}, {"minProperties": 1}, False),
        ({"a": 1}, {"dependentRequired": {"a": ["b"]}}, False),
        (1.5, {"multipleOf": 1e-320}, False),
        (10**400, {"multipleOf": 0.5}, True),
    ],
)
def test_more_keywords_and_values_at_the_edge(value: Any, schema: Any, fits: bool) -> None:
    assert (list(faults(value, schema)) == []) is fits
