"""Output by a JSON schema: what goes out, what comes back, and what is no schema."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, ConfigurationError, Messages, OutputMismatch, Structured
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio

CITY: dict[str, Any] = {
    "title": "City",
    "description": "A place where people live.",
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "people": {"type": "integer", "minimum": 0},
        "size": {"enum": ["small", "large"]},
    },
    "required": ["name", "people"],
    "additionalProperties": False,
}


async def asked(schema: dict[str, Any], text: str) -> tuple[Any, ScriptedProvider, Messages]:
    model = ScriptedProvider([text])
    messages = Messages.from_user("Which?")
    chat = ChatBuilder().with_model(model).with_structured_output(schema).build()
    return (await chat.complete(messages)).value, model, messages


async def test_the_schema_goes_out_and_the_value_is_json() -> None:
    text = '{"name": "Bern", "people": 3, "size": "small"}'

    value, model, messages = await asked(CITY, text)

    assert value == {"name": "Bern", "people": 3, "size": "small"}
    sent = model.requests[0].output
    assert sent is not None
    assert (sent.name, sent.description) == ("City", "A place where people live.")
    assert sent.schema == {key: item for key, item in CITY.items() if key != "description"}
    value["name"] = "changed"
    assert messages[-1].parts == [Structured({"name": "Bern", "people": 3, "size": "small"}, text)]
    assert CITY["description"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"name": "Bern"}', "/people: is missing"),
        ('{"name": 3, "people": 3}', "/name: expected string, got 3"),
        ('{"name": "Bern", "people": -1}', "/people: -1 is less than 0"),
        ('{"name": "Bern", "people": 1.5}', "/people: expected integer"),
        ('{"name": "Bern", "people": 1, "size": "huge"}', "/size: expected one of"),
        ('{"name": "Bern", "people": 1, "more": 1}', "/more: nothing is allowed here"),
        ("[]", "/: expected object, got []"),
        ("Bern", "it is not the JSON asked for"),
    ],
)
async def test_what_does_not_fit_is_noticed(text: str, fault: str) -> None:
    with pytest.raises(OutputMismatch) as refused:
        await asked(CITY, text)
    assert fault in refused.value.fault
    assert refused.value.response is not None
    assert refused.value.usage.total_tokens == 15


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "array", "items": {"type": "integer"}}, '{"value": [1, 2]}', [1, 2]),
        ({"enum": ["yes", "no"]}, '{"value": "no"}', "no"),
        ({"type": ["string", "null"]}, '{"value": null}', None),
        ({"properties": {"a": {"type": "string"}}}, '{"a": "b"}', {"a": "b"}),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, '{"value": 4}', 4),
        (
            {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#"}}]},
            '{"value": [1, [2]]}',
            [1, [2]],
        ),
    ],
)
async def test_any_root_is_wrapped_and_unwrapped(schema: dict[str, Any], text: str, value: object) -> None:
    found, model, _ = await asked(schema, text)
    assert found == value
    assert model.requests[0].output is not None
    assert model.requests[0].output.schema["type"] == "object"


async def test_references_follow_a_schema_that_is_wrapped() -> None:
    tree = {"type": "array", "items": {"$ref": "#"}, "definitions": {"x": {"type": "null"}}}
    _, model, _ = await asked(tree, '{"value": [[], [[]]]}')
    assert model.requests[0].output is not None
    assert model.requests[0].output.schema == {
        "type": "object",
        "properties": {"value": {"type": "array", "items": {"$ref": "#/properties/value"}}},
        "required": ["value"],
        "additionalProperties": False,
        "definitions": {"x": {"type": "null"}},
    }
    with pytest.raises(OutputMismatch, match="/1/0: expected array"):
        await asked(tree, '{"value": [[], [3]]}')


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"city": str}, "is not JSON serializable; a JSON schema looks like"),
        ({"city": "string"}, "it has no keyword of JSON schema"),
        ({"type": "text"}, "#/type: 'text' is none of object, array, string"),
        ({"type": "object", "properties": {"a": {"type": "str"}}}, "#/properties/a/type: 'str' is none of"),
        ({"type": "object", "properties": ["a"]}, "#/properties: it is an object of schemas"),
        ({"type": "object", "required": "a"}, "#/required: it is a list"),
        ({"type": "json_schema", "json_schema": {"schema": CITY}}, "takes the schema alone"),
        ({"name": "city", "schema": CITY, "strict": True}, "takes the schema alone"),
    ],
)
def test_what_is_no_schema_is_refused_where_it_is_written(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ChatBuilder().with_structured_output(schema)
    assert message in str(refused.value)
