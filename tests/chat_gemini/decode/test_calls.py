"""Calls of functions that come whole."""

from __future__ import annotations

from chat_core import (
    Failed,
    Message,
    Messages,
    Pending,
    ToolCall,
)
from gemini_responses import answered, turn


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
