"""Calls of functions that come whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import (
    Failed,
    Message,
    Messages,
    Pending,
    ToolCall,
    ToolDefinition,
)
from chat_core.wire import CallIds
from chat_gemini.decode import TurnAssembler, decode
from chat_gemini.names import renamed
from gemini_responses import HERE, answered, turn


def test_calls_get_ids_of_their_own_where_the_server_gives_none_or_one_twice() -> None:
    before = Messages([Message("model", [ToolCall("f1", "add")])])
    response = answered(
        turn(
            {"functionCall": {"name": "add", "args": {"a": 1}}},
            {"functionCall": {"name": "add", "args": {"a": 1}}},
            {"functionCall": {"id": "f1", "name": "add"}},
            {"functionCall": {"id": "f2", "name": "add", "args": {}}},
            {"functionCall": {"id": "f2", "name": "add", "args": {"a": 2}}},
        ),
        before,
    )
    ids = [call.id for call in response.tool_calls]
    assert len({*ids, "f1"}) == 6
    assert ids[3] == "f2"
    assert [call.native.data.get("id") for call in response.tool_calls if call.native] == [
        None,
        None,
        "f1",
        "f2",
        "f2",
    ]
    assert response.finish_reason == "tool_calls"
    assert all(isinstance(call.status, Pending) for call in response.tool_calls)


def test_a_call_that_the_server_repeats_is_one_call() -> None:
    call = {"functionCall": {"id": "f1", "name": "add", "args": {"a": 1}}}
    assert [made.id for made in answered(turn(call, call)).tool_calls] == ["f1"]


def test_arguments_that_are_no_object_never_run() -> None:
    [call] = answered(turn({"functionCall": {"name": "add", "args": [1]}})).tool_calls
    assert isinstance(call.status, Failed)


@pytest.mark.parametrize(
    "given", [{"args": '{"a": 1}'}, {"arguments": {"a": 1}}, {"arguments": '{"a": 1}'}], ids=repr
)
def test_arguments_in_odd_clothes_are_read_where_the_meaning_is_certain(given: Any) -> None:
    [call] = answered(turn({"functionCall": {"name": "add", **given}})).tool_calls
    assert (call.arguments, type(call.status)) == ({"a": 1}, Pending)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_numbers_that_are_no_json_never_run_and_can_be_stored(number: str) -> None:
    text = f'{{"functionCall": {{"name": "add", "args": {{"a": {number}}}}}}}'
    assembler = TurnAssembler(HERE, CallIds(Messages()))
    decode(f'{{"candidates": [{{"content": {{"parts": [{text}]}}}}]}}'.encode(), assembler)
    message = assembler.response().message
    assert [type(call.status) for call in message.tool_calls] == [Failed]
    messages = Messages([message])
    assert Messages.from_json(messages.to_json()) == messages


def test_fields_of_a_call_that_have_no_word_here_are_kept() -> None:
    call = {"name": "add", "args": {}, "id": "f1", "newField": {"a": 1}}
    [made] = answered(turn({"functionCall": call, "thoughtSignature": "eA==", "another": 2})).tool_calls
    assert made.native is not None
    assert made.native.data == {
        "thoughtSignature": "eA==",
        "another": 2,
        "id": "f1",
        "functionCall": {"newField": {"a": 1}},
    }


def test_a_tool_with_another_name_on_the_wire_is_called_by_its_own() -> None:
    tool = ToolDefinition("9 lives", "Count.", {})
    [(sent, own)] = renamed([tool]).items()
    assert own == "9 lives"
    assembler = TurnAssembler(HERE, CallIds(Messages()), {sent: own})
    decode(json.dumps(turn({"functionCall": {"name": sent, "args": {}}})).encode(), assembler)
    assert [call.name for call in assembler.response().tool_calls] == ["9 lives"]
