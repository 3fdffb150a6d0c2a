"""Numbers that JSON cannot hold do not change a turn when it is stored."""

from __future__ import annotations

import pytest
from chat_core import (
    ChatResponse,
    Citation,
    Message,
    Messages,
    Native,
    Origin,
    Part,
    Reasoning,
    Text,
    ToolCall,
    Turn,
    Usage,
)
from chat_core.types.errors import InvalidHistory

HERE = Origin("acme", "https://acme.example", "acme-1")
ODD = {"a": float("nan"), "b": [float("-inf"), {"c": 10**400, "d": 1.5}], "e": True, "f": 10**300}
CLEARED = {"a": None, "b": [None, {"c": None, "d": 1.5}], "e": True, "f": 10**300}


def odd() -> Native:
    return Native(HERE, {**ODD, "b": [float("-inf"), {"c": 10**400, "d": 1.5}]})


@pytest.mark.parametrize(
    "part",
    [
        Text("a", native=odd()),
        Text("a", (Citation(raw=odd().data),)),
        Reasoning("a", native=odd()),
        ToolCall("c", "add", {}, native=odd()),
    ],
    ids=["text", "citation", "reasoning", "call"],
)
def test_a_turn_with_numbers_that_are_no_json_is_restored_to_an_equal_one(part: Part) -> None:
    turn = Turn("stop", usage=Usage(1, 2, raw=odd().data))
    message = ChatResponse(Message("model", [part], turn=turn)).message
    messages = Messages([message])

    restored = Messages.from_json(messages.to_json())

    assert restored == messages
    data = part.native.data if part.native else part.citations[0].raw  # type: ignore[union-attr]  one has it
    assert data == CLEARED
    assert restored[0].turn is not None
    assert restored[0].turn.usage.raw == CLEARED


def test_stored_usage_with_such_a_number_is_refused_as_other_values_are() -> None:
    stored = Messages([Message("model", [], turn=Turn(usage=Usage(raw={"a": 7.25})))]).to_json()
    with pytest.raises(InvalidHistory, match=r"messages\.0\.turn\.usage\.raw"):
        Messages.from_json(stored.replace("7.25", "1e999"))
