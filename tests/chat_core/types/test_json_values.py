"""The limits within which JSON is read, wherever it is read."""

from __future__ import annotations

import pytest
from chat_core import Failed, InvalidHistory, Message, Messages, ToolCall
from chat_core.types.json_values import MAX_DEPTH, json_fault, may_have_fault, read_json
from chat_core.types.plain_json import as_json
from chat_core.wire import tool_call
from pydantic_core import from_json


def nested(depth: int, text: str = "1") -> str:
    return "[" * depth + text + "]" * depth


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", "-Infinity", "1e999", '{"a": [-1e400]}', "1" + "0" * 400, "1" * 5000]
)
def test_numbers_that_cannot_be_stored_are_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"no JSON|out of range|digits"):
        read_json(text)
    call = tool_call("c", "t", f'{{"n": {text}}}')
    assert isinstance(call.status, Failed)
    assert call.arguments == {}
    stored = Messages([Message("model", [ToolCall("c", "t")])]).to_json()
    with pytest.raises(InvalidHistory):
        Messages.from_json(stored.replace('"arguments":{}', f'"arguments":{{"n":{text}}}'))


@pytest.mark.parametrize("text", ["1.7976931348623157e308", "-5e-324", "9" * 300, "true", '"\\u0000"'])
def test_numbers_and_texts_at_the_edge_are_read(text: str) -> None:
    read_json(text)
    assert tool_call("c", "t", f'{{"n": {text}}}').status.type == "pending"


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 250, 5_000, 200_000])
def test_what_is_nested_too_deeply_is_refused_with_the_depth_wherever_it_is_read(depth: int) -> None:
    with pytest.raises(ValueError, match=f"nested deeper than {MAX_DEPTH} levels"):
        read_json(nested(depth))
    call = tool_call("c", "t", f'{{"a": {nested(depth)}}}')
    assert isinstance(call.status, Failed)
    assert f"nested deeper than {MAX_DEPTH} levels" in call.status.error
    stored = Messages([Message("model", [ToolCall("c", "t")])]).to_json()
    with pytest.raises(InvalidHistory):
        Messages.from_json(stored.replace('"arguments":{}', f'"arguments":{{"a":{nested(depth)}}}'))


def test_the_deepest_value_that_is_allowed_is_read_stored_and_restored() -> None:
    assert json_fault(read_json(nested(MAX_DEPTH))) is None
    call = tool_call("c", "t", f'{{"a": {nested(MAX_DEPTH - 1)}}}')
    messages = Messages([Message("model", [call])])

    assert call.status.type == "pending"
    assert Messages.from_json(messages.to_json()) == messages


def test_a_value_that_is_too_deep_or_contains_itself_is_no_json() -> None:
    deep: object = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    circle: list[object] = []
    circle.append({"inner": circle})

    with pytest.raises(ValueError, match="nested deeper"):
        as_json(deep)
    with pytest.raises(ValueError, match="Circular reference"):
        as_json(circle)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "NaN",
            "[-Infinity]",
            "1e999",
            "1E+0400",
            "-2.5e308",
            "2" * 309,
            "1" * 250 + "e99",
            "1" * 299 + "E20",
        ),
        nested(MAX_DEPTH + 1),
        '{"a":[' * 51 + "]}" * 51,
        '["]",' * 150 + "1" + ',"["]' * 150,  # the brackets in its texts close those around them
        '["\\\\","]",' * 150 + "1" + ',"["]' * 150,
        '["\\"]",' * 150 + "1" + ',"[\\""]' * 150,
    ],
)
def test_no_fault_of_a_text_is_missed_without_parsing_it(text: str) -> None:
    assert json_fault(from_json(text)) is not None
    assert may_have_fault(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "e5, 12e99 and \\"quotes\\""}',
        '{"a": "NaN, -Infinity, 1e999 and [[[{{{", "NaN": 1}',
        '{"\\\\": "a \\\\\\"[\\"", "b": "\\\\"}',
        '{"a": "%s", "b": 1}' % ("9" * 300),
        '["%s"]' % ("[" * 200),
        nested(MAX_DEPTH),
        "[{}]" * 200,
        "9" * 199,
        '{"a":[]}' * 99,
    ],
)
def test_most_texts_need_no_second_look(text: str) -> None:
    assert not may_have_fault(text)
