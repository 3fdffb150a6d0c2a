"""A schema for servers that refuse some keywords keeps what they say, as words."""

from chat_core.wire import described_schema


def test_unsupported_keywords_become_words_and_objects_are_closed() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 2, "description": "A name."},
            "sizes": {
                "type": "array",
                "items": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
            },
            "rest": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
        },
    }
    assert described_schema(schema, {"minLength", "minimum"}) == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "A name. (minLength: 2)"},
            "sizes": {
                "type": "array",
                "items": {"anyOf": [{"type": "integer", "description": "(minimum: 1)"}, {"type": "null"}]},
            },
            "rest": {
                "type": "object",
                "additionalProperties": {"type": "string", "description": "(minLength: 1)"},
            },
        },
        "additionalProperties": False,
    }


def test_a_property_may_have_the_name_of_a_keyword() -> None:
    schema = {
        "type": "object",
        "properties": {"minLength": {"type": "integer"}},
        "additionalProperties": True,
    }
    assert described_schema(schema, {"minLength"}) == schema


def test_a_schema_of_any_depth_is_written() -> None:
    schema: dict = {"type": "string"}
    for _ in range(5000):
        schema = {"items": schema}
    assert described_schema(schema, {"minLength"})["items"]
