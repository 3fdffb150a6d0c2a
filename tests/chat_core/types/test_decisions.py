"""Decisions as data: applied all or none, each fault with its kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from chat_core import (
    Approved,
    AwaitingApproval,
    AwaitingResult,
    Completed,
    ConfigurationError,
    Decision,
    InvalidDecision,
    Message,
    Messages,
    Rejected,
    Tool,
    ToolCall,
    decision_schema,
    decisions_from_json,
)

PAY = Tool(
    "pay",
    "",
    {"properties": {"amount": {"type": "integer"}}, "additionalProperties": False},
    lambda amount: amount,
)


def waiting() -> Messages:
    calls = [
        ToolCall("a", "pay", {"amount": 1}, AwaitingApproval("one")),
        ToolCall("b", "pay", {"amount": 2}, AwaitingApproval()),
        ToolCall("c", "bank", {}, AwaitingResult("by the bank")),
        ToolCall("d", "pay", {"amount": 4}, Completed("paid")),
    ]
    return Messages.from_user("go").append(Message("model", list(calls)))


def test_a_list_of_decisions_is_applied() -> None:
    messages = waiting()
    text = json.dumps(
        [
            {"call_id": "a", "verdict": "approve", "arguments": {"amount": 10}, "by": "Ada"},
            {"call_id": "b", "verdict": "reject", "reason": "Too much."},
            {"call_id": "c", "verdict": "complete", "result": {"booked": True}},
        ]
    )

    decided = messages.decide(decisions_from_json(text), tools=[PAY])

    assert [call.id for call in decided] == ["a", "b", "c"]
    assert [call.status for call in decided] == [
        Approved(),
        Rejected("Too much."),
        Completed({"booked": True}),
    ]
    assert (decided[0].edited, decided[0].approved_by) == ({"amount": 10}, "Ada")
    assert messages.pending == []


@pytest.mark.parametrize(
    ("decision", "kind", "message"),
    [
        (Decision("x", "approve"), "unknown_call", "there is no call 'x'"),
        (Decision("d", "approve"), "already_decided", "call d of pay is already completed"),
        (
            Decision("a", "approve", {"amout": 7}),
            "arguments",
            "the arguments for call a do not fit pay: /amout",
        ),
        (Decision("a", "approve", {"amount": True}), "arguments", "expected integer, got True"),
        (Decision("a", "approve", digest="0"), "digest", "call a of pay is not the one that was shown"),
        (Decision("a", "reject", {"amount": 7}), "verdict", "only an approval has arguments"),
        (Decision("c", "approve"), "verdict", "is done elsewhere: complete or reject it"),
        (Decision("b", "reject"), "already_decided", "there are 2 decisions about call b"),
    ],
)
def test_one_fault_and_nothing_is_applied(decision: Decision, kind: str, message: str) -> None:
    messages = waiting()
    before = messages.to_json()

    with pytest.raises(InvalidDecision, match="call") as refused:
        messages.decide([Decision("b", "approve"), decision], tools=[PAY])

    assert [fault.kind for fault in refused.value.faults] == [kind]
    assert message in refused.value.faults[0].message
    assert messages.to_json() == before


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(InvalidDecision) as refused:
        waiting().decide([Decision("x", "approve"), Decision("d", "reject")])

    assert [(fault.call_id, fault.kind) for fault in refused.value.faults] == [
        ("x", "unknown_call"),
        ("d", "already_decided"),
    ]


def test_the_digest_is_of_what_was_shown() -> None:
    messages = waiting()
    call = messages.find_tool("a")
    shown = call.digest

    assert shown == Messages.from_json(messages.to_json()).find_tool("a").digest
    stored: Any = json.loads(messages.to_json())
    stored["messages"][1]["parts"][0]["arguments"]["amount"] = 1_000_000
    with pytest.raises(InvalidDecision, match="not the one that was shown"):
        Messages.from_json(stored).decide([Decision("a", "approve", digest=shown)])
    messages.decide([Decision("a", "approve", digest=shown, expires=datetime(2026, 12, 1, tzinfo=UTC))])
    assert call.status == Approved()


def test_decisions_have_a_schema_and_what_is_none_is_refused_with_the_place() -> None:
    # a list of names
    assert set(decision_schema()["required"]) == {"call_id", "verdict"}  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"not decisions: 0\.verdict"):
        decisions_from_json('[{"call_id": "a", "verdict": "maybe"}]')


def test_the_revision_rises_with_each_change_and_is_stored() -> None:
    messages = waiting()
    seen = [messages.revision]
    for decision in (Decision("a", "approve"), Decision("b", "reject")):
        messages.decide([decision])
        seen.append(messages.revision)
    again = Messages.from_json(messages.to_json())
    seen.append(again.add_user("more").revision)

    assert seen == sorted(set(seen))
    assert again.revision > messages.revision
