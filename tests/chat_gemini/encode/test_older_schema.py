"""The older dialect of schemas says the same as JSON Schema, or refuses it with the place."""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal

import pytest
from chat_core import ConfigurationError
from chat_gemini.encode.older_schema import older_schema
from pydantic import BaseModel, Field
from typing_extensions import TypedDict


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Stop(BaseModel):
    """A place."""

    name: str = Field(max_length=30)
    hours: float = Field(gt=0)


class Trip(BaseModel):
    city: str | None = None
    kind: Literal["one"]
    colour: Colour
    stops: list[Stop]
    best: Stop
    what: int | str | None = None


def test_a_model_in_the_older_dialect() -> None:
    stop = {
        "type": "OBJECT",
        "description": "A place.",
        "properties": {"name": {"type": "STRING", "maxLength": 30}, "hours": {"type": "NUMBER"}},
        "propertyOrdering": ["name", "hours"],
        "required": ["name", "hours"],
    }
    assert older_schema(Trip.model_json_schema(), "the output type") == {
        "type": "OBJECT",
        "properties": {
            "city": {"type": "STRING", "nullable": True, "default": None},
            "kind": {"type": "STRING", "enum": ["one"], "format": "enum"},
            "colour": {"type": "STRING", "enum": ["red", "blue"], "format": "enum"},
            "stops": {"type": "ARRAY", "items": stop},
            "best": stop,
            "what": {"anyOf": [{"type": "INTEGER"}, {"type": "STRING"}], "nullable": True, "default": None},
        },
        "propertyOrdering": ["city", "kind", "colour", "stops", "best", "what"],
        "required": ["kind", "colour", "stops", "best"],
    }


@pytest.mark.parametrize(
    ("schema", "compiled"),
    [
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}),
        ({"type": "string", "format": "uuid"}, {"type": "STRING"}),
        (
            {"type": "integer", "format": "int64", "exclusiveMinimum": 1},
            {"type": "INTEGER", "format": "int64"},
        ),
        ({"enum": ["a", "b"]}, {"type": "STRING", "enum": ["a", "b"], "format": "enum"}),
        (
            {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
            {"anyOf": [{"type": "STRING"}, {"type": "BOOLEAN"}]},
        ),
        ({"allOf": [{"type": "string"}], "description": "d"}, {"type": "STRING", "description": "d"}),
    ],
)
def test_every_form_that_the_dialect_has(schema: Any, compiled: object) -> None:
    assert older_schema({"type": "object", "properties": {"a": schema}}, "x")["properties"] == {"a": compiled}


class Node(TypedDict):
    children: list[Node]


class Grow(BaseModel):
    root: Node


@pytest.mark.parametrize(
    ("schema", "at"),
    [
        (
            {"type": "object", "additionalProperties": {"type": "string"}},
            "which would come back empty, at #/properties/a",
        ),
        ({"type": "object"}, "free keys"),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, "a tuple, at #/properties/a"),
        ({"type": "array"}, "any type, at #/properties/a/items"),
        ({"type": "integer", "enum": [1, 2]}, r"no strings \(integer\)"),
        ({"allOf": [{"type": "string"}, {"minLength": 1}]}, "allOf"),
        ({}, "any type"),
    ],
)
def test_what_the_dialect_cannot_say_is_refused_with_its_place(schema: Any, at: str) -> None:
    with pytest.raises(ConfigurationError, match=at):
        older_schema({"type": "object", "properties": {"a": schema}}, "tool x")


def test_a_type_that_holds_itself_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"holds itself \(Node\), at #/properties/root/properties/children/items"
    ):
        older_schema(Grow.model_json_schema(), "the output type")
