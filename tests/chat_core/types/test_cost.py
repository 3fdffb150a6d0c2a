"""A stored cost is read as a number, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from chat_core import ChatResponse, Message, Messages, Text, Turn
from chat_core.types.cost import read_cost


@pytest.mark.parametrize("text", [None, "", "two", "NaN", "Infinity", "1" * 41])
def test_what_is_no_number_is_no_cost(text: str | None) -> None:
    assert read_cost(text) is None


def test_a_cost_is_exact_and_stored_as_it_is() -> None:
    messages = Messages([Message("model", [Text("Hi")], turn=Turn("stop", cost="0.0000001"))])
    restored = Messages.from_json(messages.to_json())

    assert restored == messages
    assert ChatResponse(restored[0]).cost == Decimal("0.0000001")


def test_a_conversation_from_before_there_were_costs_has_none() -> None:
    stored = (
        Messages([Message("model", [Text("Hi")], turn=Turn("stop"))]).to_json().replace(',"cost":null', "")
    )

    assert "cost" not in stored
    assert ChatResponse(Messages.from_json(stored)[0]).cost is None
