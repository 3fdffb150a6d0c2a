"""Schemas as Claude is held to them, and where they cannot be said."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from anthropic.lib._parse._transform import transform_schema
from chat_claude.encode.schema import StrictSchemas
from chat_core import ConfigurationError
from chat_core.chat.structured import OutputType
from pydantic import BaseModel, Field
from typing_extensions import TypedDict


def held(schema: dict[str, Any]) -> dict[str, Any]:
    return StrictSchemas().output(schema)


def the(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


class Line(BaseModel):
    """One line of a bill."""

    what: Annotated[str, Field(min_length=1, max_length=80)]
    cents: Annotated[int, Field(ge=0)]
    kind: Literal["goods", "work"] = "goods"


class Bill(BaseModel):
    number: str
    lines: Annotated[list[Line], Field(min_length=1)]
    note: str | None
    paid: bool


@pytest.mark.parametrize("form", [Bill, Line])
def test_a_models_schema_becomes_what_the_sdk_makes_of_it(form: type[BaseModel]) -> None:
    schema: Any = OutputType(form).schema.schema

    assert held(schema) == transform_schema(schema)


@pytest.mark.parametrize(
    ("schema", "becomes"),
    [
        ({"type": "string", "format": "uuid"}, {"type": "string", "format": "uuid"}),
        ({"type": "string", "pattern": "^a"}, {"type": "string", "description": "{pattern: ^a}"}),
        (
            {"type": "integer", "minimum": 1, "maximum": 9, "description": "A number"},
            {"type": "integer", "description": "A number\n\n{minimum: 1, maximum: 9}"},
        ),
        ({"type": "string", "enum": ["a", "b"]}, {"enum": ["a", "b"]}),
        ({"const": 1, "type": "integer"}, {"const": 1}),
        (
            {"oneOf": [{"type": "string"}, {"type": "null"}]},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        (
            {"type": ["string", "null"], "maxLength": 3},
            {"anyOf": [{"type": "string", "description": "{maxLength: 3}"}, {"type": "null"}]},
        ),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 2},
            {"type": "array", "items": {"type": "string"}, "description": "{minItems: 2}"},
        ),
        (
            {"allOf": [{"type": "string"}], "description": "A text"},
            {"type": "string", "description": "A text"},
        ),
    ],
)
def test_what_the_subset_has_is_kept_and_the_rest_is_requested_in_words(
    schema: dict[str, Any], becomes: dict[str, Any]
) -> None:
    assert held(the(x=schema))["properties"]["x"] == becomes


def test_a_reference_keeps_its_description_beside_it() -> None:
    schema = the(x={"$ref": "#/$defs/A", "description": "The first"}) | {"$defs": {"A": {"type": "string"}}}

    assert held(schema)["properties"]["x"] == {"anyOf": [{"$ref": "#/$defs/A"}], "description": "The first"}


def test_older_definitions_and_a_root_that_only_refers_are_put_right() -> None:
    schema = {
        "$ref": "#/definitions/A",
        "definitions": {"A": the(x={"$ref": "#/definitions/B"}), "B": {"type": "string"}},
    }

    made = held(schema)
    assert made["type"] == "object"
    assert made["properties"] == {"x": {"$ref": "#/$defs/B"}}
    assert made["$defs"]["B"] == {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        (
            the(x={"type": "object", "additionalProperties": {"type": "string"}}),
            "#/properties/x/additionalProperties: keys have to",
        ),
        (the(x={"type": "object", "additionalProperties": True}), "#/properties/x/additionalProperties"),
        (
            the(x={"type": "object", "patternProperties": {}}),
            "#/properties/x/patternProperties: is not supported",
        ),
        (the(x={}), "#/properties/x: anything is allowed here"),
        (the(x=False), "#/properties/x: nothing is allowed here"),
        (the(x={"description": "?"}), "#/properties/x: anything is allowed here"),
        (the(x={"format": "date"}), "#/properties/x: name a type"),
        (the(x={"type": "array"}), "#/properties/x/items: has to say"),
        (the(x={"type": "array", "prefixItems": []}), "#/properties/x/prefixItems: is not supported"),
        (the(x={"enum": [{}]}), "#/properties/x/enum: only texts"),
        (the(x={"$ref": "https://a"}), "#/properties/x/$ref: 'https://a' is not in the schema"),
        (
            the(x={"allOf": [{"type": "string"}, {"type": "string"}]}),
            "#/properties/x/allOf: is not supported",
        ),
        (the(x={"not": {}, "type": "string"}), "#/properties/x/not: is not supported"),
        (the(**{"a/b~": {}}), "#/properties/a~1b~0: anything"),
        ({"type": "string"}, "#: the root has to be an object"),
        (
            the(x={"$ref": "#/$defs/A"}) | {"$defs": {"A": the(x={"$ref": "#/$defs/A"})}},
            "#/$defs/A: refers to itself",
        ),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, "#/$defs/A: refers to itself"),
    ],
)
def test_what_cannot_be_expressed_is_refused_with_a_pointer(schema: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        held(schema)
    assert pointer in str(caught.value)
    assert str(caught.value).startswith("the output type cannot be strict: ")


class Tree(TypedDict):
    name: str
    kids: list[Tree]


def test_a_type_that_contains_itself_is_refused() -> None:
    schema: Any = OutputType(Tree).schema.schema
    with pytest.raises(ConfigurationError, match=r"#/\$defs/Tree: refers to itself"):
        held(schema)


def test_the_limits_of_one_request_count_over_all_its_schemas() -> None:
    many = {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(13)}}
    schemas = StrictSchemas()
    schemas.tool("one", many)
    schemas.check()
    schemas.output(many)
    with pytest.raises(
        ConfigurationError,
        match="26 optional parameters, 24 at most, the last at the output type #/properties/p12",
    ):
        schemas.check()

    schemas = StrictSchemas()
    schemas.tool("one", the(**{f"p{number}": {"type": ["string", "null"]} for number in range(17)}))
    with pytest.raises(ConfigurationError, match="17 parameters of several types, 16 at most"):
        schemas.check()

    schemas = StrictSchemas()
    for number in range(21):
        schemas.tool(f"t{number}", the())
    with pytest.raises(ConfigurationError, match="21 strict tools in one request, 20 at most"):
        schemas.check()
