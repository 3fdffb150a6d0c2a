"""The strict subset of JSON schema: what goes into it, what becomes words, and where it is refused."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Optional, Union
from uuid import UUID

import pytest
from chat_core import ConfigurationError
from chat_core.chat.structured import OutputType
from chat_core.wire.strict_schema import compile_strict, strict_schema
from pydantic import BaseModel, ConfigDict, Field

CLOSED = {"required": [], "additionalProperties": False}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    return dict(strict_schema(schema, "the output type"))


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def closed(**properties: Any) -> dict[str, Any]:
    return {**obj(**properties), "required": list(properties), "additionalProperties": False}


def inside(schema: dict[str, Any]) -> Any:
    """What becomes of a schema as the one property of an object."""
    return strict(obj(x=schema))["properties"]["x"]


@pytest.mark.parametrize(
    ("schema", "becomes"),
    [
        ({"type": "string", "default": "a", "title": "X", "examples": ["b"]}, {"type": "string"}),
        ({"type": "object"}, {"type": "object", "properties": {}, **CLOSED}),
        (
            obj(a={"type": "string"}, b={"type": ["integer", "null"]}),
            closed(a={"type": "string"}, b={"type": ["integer", "null"]}),
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "null"}]},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        (
            {"oneOf": [{"$ref": "#/$defs/A"}], "discriminator": {"propertyName": "kind"}},
            {"anyOf": [{"$ref": "#/$defs/A"}]},
        ),
        ({"allOf": [{"type": "string"}], "description": "A"}, {"type": "string", "description": "A"}),
        ({"allOf": [{"allOf": [{"type": "string"}]}]}, {"type": "string"}),
        ({"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}),
        ({"$ref": "#/$defs/A", "default": None}, {"$ref": "#/$defs/A"}),
        (
            {"$ref": "#/$defs/A", "description": "An A."},
            {"anyOf": [{"$ref": "#/$defs/A"}], "description": "An A."},
        ),
        (
            {"allOf": [{"$ref": "#/$defs/A"}], "description": "An A."},
            {"anyOf": [{"$ref": "#/$defs/A"}], "description": "An A."},
        ),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"const": 1}, {"const": 1}),
        ({"type": "array", "items": obj()}, {"type": "array", "items": closed()}),
        (
            {
                "type": "array",
                "prefixItems": [{"type": "string"}],
                "items": False,
                "minItems": 1,
                "maxItems": 1,
            },
            {"type": "array", "prefixItems": [{"type": "string"}], "minItems": 1, "maxItems": 1},
        ),
        (
            {"type": "number", "minimum": 0, "multipleOf": 0.5},
            {"type": "number", "minimum": 0, "multipleOf": 0.5},
        ),
        ({"type": "string", "pattern": "^a+$"}, {"type": "string", "pattern": "^a+$"}),
        ({"type": "string", "pattern": "^(?!b)a"}, {"type": "string", "description": "(pattern: ^(?!b)a)"}),
        ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
        ({"type": "string", "format": "uri"}, {"type": "string", "description": "(format: uri)"}),
        (
            {"type": "string", "minLength": 2, "maxLength": 5, "description": "A name."},
            {"type": "string", "description": "A name. (minLength: 2, maxLength: 5)"},
        ),
        (
            {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
            {"type": "array", "items": {"type": "string"}, "description": "(uniqueItems: True)"},
        ),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_what_can_be_expressed_strictly_is(schema: dict[str, Any], becomes: dict[str, Any]) -> None:
    assert inside(schema) == becomes


def test_every_property_becomes_required_and_no_other_is_allowed() -> None:
    schema = {**obj(a={"type": "string"}, b=obj(c={"type": "integer"})), "required": ["a"]}

    assert strict(schema) == closed(a={"type": "string"}, b=closed(c={"type": "integer"}))


def test_properties_that_are_called_like_keywords_are_properties() -> None:
    schema = obj(title={"type": "string"}, default={"type": "string"}, **{"not": {"type": "string"}})

    assert list(strict(schema)["properties"]) == ["title", "default", "not"]


def test_the_schema_that_was_given_stays_as_it_was() -> None:
    schema = obj(a={"type": "string", "default": "x"})
    before = json.dumps(schema)
    strict(schema)

    assert json.dumps(schema) == before


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"type": "array", "items": {"type": "string"}}, "#: the root has to be an object"),
        ({"anyOf": [obj(), obj()]}, "#: the root has to be an object"),
        (obj(x=True), "#/properties/x: anything is allowed here; name a type"),
        (obj(x={}), "#/properties/x: anything is allowed here; name a type"),
        (
            obj(x={"type": "object", "additionalProperties": True}),
            "#/properties/x/additionalProperties: keys have to be named",
        ),
        (
            obj(x={"type": "object", "additionalProperties": {"type": "integer"}}),
            "#/properties/x/additionalProperties: keys have to be named; use a list of key and value "
            "instead of a dict",
        ),
        (obj(x={"type": "array"}), "#/properties/x/items: has to say what the items are"),
        (obj(x={"type": "array", "items": {}}), "#/properties/x/items: anything is allowed here"),
        (obj(x={"allOf": [{"type": "string"}, {"minLength": 2}]}), "#/properties/x/allOf: is not supported"),
        (obj(x={"anyOf": [{"type": "string"}, {}]}), "#/properties/x/anyOf/1: anything is allowed here"),
        (obj(x={"oneOf": [{"type": "string"}, {}]}), "#/properties/x/oneOf/1: anything is allowed here"),
        (
            obj(x={"type": "array", "prefixItems": [{}], "items": False}),
            "#/properties/x/prefixItems/0: anything",
        ),
        ({**obj(x={"$ref": "#/$defs/A"}), "$defs": {"A": {}}}, "#/$defs/A: anything is allowed here"),
        (obj(**{"a/b~c": {}}), "#/properties/a~1b~0c: anything is allowed here"),
        *(
            (obj(x={"type": "object", keyword: value}), f"#/properties/x/{keyword}: is not supported")
            for keyword, value in {
                "patternProperties": {},
                "propertyNames": {},
                "minProperties": 1,
                "maxProperties": 1,
                "unevaluatedProperties": False,
                "not": {},
                "if": {},
                "dependentRequired": {},
            }.items()
        ),
        *(
            (
                obj(x={"type": "array", "items": {"type": "string"}, keyword: value}),
                f"#/properties/x/{keyword}: is not supported",
            )
            for keyword, value in {
                "contains": {},
                "minContains": 1,
                "maxContains": 1,
                "unevaluatedItems": False,
            }.items()
        ),
        (
            obj(x={"type": "string", "enum": [str(at) for at in range(1001)]}),
            "#: 1001 enum values, 1000 at most",
        ),
        (obj(**{f"p{at}": {"type": "string"} for at in range(5001)}), "#: 5001 properties, 5000 at most"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_what_cannot_be_expressed_strictly_is_refused_with_its_place(
    schema: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        strict(schema)

    assert str(caught.value).startswith("the output type cannot be strict: ")
    assert fault in str(caught.value)


def test_a_schema_may_be_ten_levels_deep_and_not_eleven() -> None:
    def nested(levels: int) -> dict[str, Any]:
        return obj(x=nested(levels - 1)) if levels > 1 else obj()

    strict(nested(10))
    with pytest.raises(ConfigurationError, match="nested deeper than 10 levels"):
        strict(nested(11))


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(
        ConfigurationError, match=r"#/properties/a: anything.*#/properties/b/not: is not supported"
    ):
        strict(obj(a={}, b={"type": "string", "not": {}}))


# -- what pydantic makes of Python's types


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    S = 1
    L = 2


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    good: bool = True


class Node(BaseModel):
    """A tree."""

    name: str = Field(min_length=1, description="What it is called.")
    children: list[Node] = []
    parent: Node | None = None


class Everything(BaseModel):
    text: str
    number: float = Field(ge=0, lt=10)
    maybe: Optional[int] = None  # noqa: UP045  both spellings
    either: int | str
    default: str = "x"
    colour: Colour
    size: Size = Size.S
    word: Literal["a", "b", 3]
    pets: list[Annotated[Union[Cat, Dog], Field(discriminator="kind")]]  # noqa: UP007
    pet: Cat | Dog
    pair: tuple[int, str]
    row: tuple[int, ...]
    names: set[str]
    day: date
    moment: datetime
    clock: time
    pause: timedelta
    id: UUID
    price: Decimal
    data: bytes
    tree: Node
    described: Cat = Field(description="The first.")


def of(form: Any) -> dict[str, Any]:
    return strict(OutputType(form).schema.schema)


def test_a_model_of_everything_can_be_expressed_and_obeys_every_rule() -> None:
    schema = of(Everything)

    broken = list(_broken_rules(schema, "#"))
    assert broken == []
    assert schema["required"] == list(Everything.model_fields)
    properties = schema["properties"]
    assert properties["maybe"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert properties["default"] == {"type": "string"}
    assert properties["either"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    assert properties["word"] == {"enum": ["a", "b", 3]}
    assert properties["colour"] == {"$ref": "#/$defs/Colour"}
    assert properties["described"] == {"anyOf": [{"$ref": "#/$defs/Cat"}], "description": "The first."}
    assert properties["pets"]["items"] == {"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]}
    assert properties["pair"]["prefixItems"] == [{"type": "integer"}, {"type": "string"}]
    assert properties["day"] == {"type": "string", "format": "date"}
    assert schema["$defs"]["Node"]["properties"]["parent"] == {
        "anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]
    }


@pytest.mark.parametrize(
    "form",
    [Node, Cat | Dog, list[Cat], int, Colour, tuple[int, str], Optional[Cat], Literal["a"]],  # noqa: UP045  both spellings
)
def test_recursion_unions_lists_and_plain_values_get_an_object_at_the_root(form: Any) -> None:
    schema = of(form)

    assert schema["type"] == "object"
    assert list(_broken_rules(schema, "#")) == []


class WithDict(BaseModel):
    scores: dict[str, int]


class Inner(BaseModel):
    anything: Any


class Outer(BaseModel):
    inner: list[Inner]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        (WithDict, "#/properties/scores/additionalProperties: keys have to be named"),
        (Outer, "#/$defs/Inner/properties/anything: anything is allowed here"),
        (Open, "#/additionalProperties: keys have to be named"),
        (dict[str, int], "additionalProperties: keys have to be named"),
    ],
)
def test_a_python_type_that_cannot_be_expressed_strictly_is_refused_with_its_place(
    form: Any, fault: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        of(form)

    assert fault in str(caught.value)


# fmt: off
_KNOWN = {
    "type", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems",
    "maxItems", "enum", "const", "anyOf", "$ref", "$defs", "description", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern", "format",
}
# fmt: on


def _broken_rules(schema: Any, at: str) -> Any:
    """Section 1.6 of the fact sheet, read off the result."""
    if unknown := schema.keys() - _KNOWN:
        yield f"{at}: {unknown}"
    if "$ref" in schema and schema.keys() - {"$ref", "$defs"}:
        yield f"{at}: a reference with neighbours"
    shut = schema.get("additionalProperties") is False and schema.get("required") == list(
        schema.get("properties", {})
    )
    if schema.get("type") == "object" and not shut:
        yield f"{at}: an open object"
    if schema.get("type") == "array" and not schema.keys() & {"items", "prefixItems"}:
        yield f"{at}: untyped items"
    if "(?" in schema.get("pattern", ""):
        yield f"{at}: a pattern that looks around"
    for name, inner in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        yield from _broken_rules(inner, f"{at}/{name}")
    for inner in [
        *schema.get("anyOf", []),
        *schema.get("prefixItems", []),
        *([schema["items"]] if "items" in schema else []),
    ]:
        yield from _broken_rules(inner, f"{at}/…")


def test_what_no_standard_knows_is_left_out_and_named() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"a": {"type": "string", "example": "x", "x-order": 1}},
        "example": {"a": "x"},
    }
    compiled = compile_strict(schema, "the output type")

    assert sorted(compiled.left_out) == ["example", "x-order"]
    assert compiled.schema == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert schema["properties"]["a"]["example"] == "x"
