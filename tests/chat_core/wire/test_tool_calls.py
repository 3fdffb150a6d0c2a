"""Arguments as they are received: read where their meaning is certain, and kept as text where not."""

from __future__ import annotations

import json

import pytest
from chat_core import Failed, Pending, ToolCall
from chat_core.wire import read_arguments, tool_call, wire_id, wire_name


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", {}),
        ("  ", {}),
        ('{"a": 1}', {"a": 1}),
        (json.dumps('{"a": 1}'), {"a": 1}),
        ('""', {}),
        ('{}{"a": 1}', {"a": 1}),
        (' null {"a": 1}', {"a": 1}),
    ],
)
def test_arguments_are_read_where_their_meaning_is_certain(text: str, arguments: dict[str, object]) -> None:
    call = tool_call("t1", "add", text)

    assert (call.arguments, call.arguments_text) == (arguments, text)
    assert isinstance(call.status, Pending)


@pytest.mark.parametrize(
    "text",
    [
        *('{"a":', "[1]", "5", "nonsense", '{"a": 1}{"b": 2}', '{"a": NaN}', '{"a": Infinity}', '"{"'),
        *('{"a": 1e999}', '{"a": -1e999}', '{"a": ' + "9" * 400 + "}", '{"a": ' + "9" * 5000 + "}"),
        *('{"a": "\\ud83d"}', '{"a":' + "[" * 250 + "]" * 250 + "}", "[" * 100_000),
    ],
    ids=lambda text: text[:20],
)
def test_a_call_whose_arguments_are_no_json_object_fails_and_keeps_its_text(text: str) -> None:
    call = tool_call("t1", "add", text)

    assert isinstance(call.status, Failed)
    assert "The arguments of add are not a JSON object" in call.status.error
    assert len(call.status.error) < 500
    assert (call.arguments, call.arguments_text) == ({}, text)
    with pytest.raises(ValueError, match=r".+"):
        read_arguments(text)


def test_only_text_that_is_json_of_the_arguments_goes_back_as_it_came() -> None:
    assert tool_call("t1", "add", '{ "a":1.0 }').arguments_as_text() == '{ "a":1.0 }'
    assert ToolCall("t1", "add", {"a": 1}, arguments_text='{ "a": 1 }').arguments_as_text() == '{ "a": 1 }'
    for other in ("{0", '{"a": 1', '{"a": 2}', '{"a": NaN}', json.dumps('{"a": 1}'), '{}{"a": 1}', ""):
        assert ToolCall("t1", "add", {"a": 1}, arguments_text=other).arguments_as_text() == '{"a": 1}'

    call = tool_call("t1", "add", '{ "a": 1 }')
    call.arguments = {"a": 2}
    assert call.arguments_as_text() == '{"a": 2}'


def test_sending_a_call_again_does_not_parse_its_arguments_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def read(text: str) -> object:
        parsed.append(text)
        return json.loads(text)

    monkeypatch.setattr("chat_core.types.arguments_text.read_json", read)
    received, stored = tool_call("t1", "add", '{"a": 1}'), ToolCall("t2", "add", {"a": 2})
    stored.arguments_text = '{"a": 2}'
    for _ in range(5):
        assert (received.arguments_as_text(), stored.arguments_as_text()) == ('{"a": 1}', '{"a": 2}')

    assert parsed == ['{"a": 2}']


def test_a_depth_within_the_limit_is_read() -> None:
    assert read_arguments('{"a":' + "[" * 90 + "]" * 90 + "}")


def test_ids_and_names_that_fit_stay_and_others_are_always_mapped_to_the_same() -> None:
    assert (wire_id("call_1"), wire_name("add-1_x")) == ("call_1", "add-1_x")
    for odd in ("", "a b", "ü", "x" * 65, "functions.add:0", "\ud83d"):
        assert wire_id(odd) == wire_id(odd) != wire_id(odd + "!")
        assert wire_name(odd) == wire_name(odd) != wire_name(odd + "!")
        for text in (wire_id(odd), wire_name(odd)):
            assert text.isascii()
            assert text.replace("_", "a").replace("-", "a").isalnum()
            assert len(text) <= 64
    assert wire_name("get_weather<|channel|>x").startswith("get_weather_channel_x_")
