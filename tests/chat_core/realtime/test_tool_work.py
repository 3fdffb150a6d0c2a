"""Calls of a session that wait: each wait is told once."""

from __future__ import annotations

from chat_core import AwaitingApproval, ChatResponse, Message, ToolCall
from chat_core.realtime.tool_work import Batch


def test_a_call_that_waits_for_input_after_its_approval_is_named_again() -> None:
    call = ToolCall("c1", "order", {}, AwaitingApproval("May I?"))
    batch = Batch(ChatResponse(Message("model", [call])), [call])
    first = batch.paused()
    assert first is not None
    assert [one.note for one in first.reason.approvals] == ["May I?"]
    assert batch.paused() is None

    call.approve()
    call.attempts += 1  # it ran
    assert batch.paused() is None
    call.status = AwaitingApproval("Which size?")
    second = batch.paused()
    assert second is not None
    assert [one.note for one in second.reason.approvals] == ["Which size?"]
    assert batch.paused() is None
