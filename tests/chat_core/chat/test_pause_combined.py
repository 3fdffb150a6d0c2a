"""Approvals together with typed output, progress and streams, in async and in synchronous code."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from chat_core import (
    Action,
    ApprovalKey,
    ChatBuilder,
    Complete,
    Completed,
    Decision,
    Done,
    Execute,
    External,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    StructuredChunk,
    StructuredResponse,
    ToolCall,
    ToolContext,
    ToolProgress,
    ToolResult,
    tool,
)
from chat_core.sync import SyncChat
from chat_core.testing import ScriptedProvider

KEY = ApprovalKey(b"0123456789abcdef")


@dataclass
class Report:
    """What the model answers in the end."""

    paid: int
    words: list[str]


REPORT = Report(7, ["all", "done"])
CALLS = [
    ToolCall("count", "count", {"to": 3}),
    ToolCall("pay", "pay", {"amount": 9}),
    ToolCall("ship", "ship", {}),
]


class Till:
    """What the tools work with: each report of progress is taken before the next one is made."""

    def __init__(self) -> None:
        self.paid: list[int] = []


@tool
async def count(context: ToolContext[Till], to: int) -> AsyncGenerator[object]:
    """Count."""
    for number in range(to):
        yield number
        await anyio.wait_all_tasks_blocked()


@tool
async def pay(context: ToolContext[Till], amount: int) -> AsyncGenerator[str]:
    """Pay, slowly."""
    yield "on its way"
    await anyio.wait_all_tasks_blocked()
    context.deps.paid.append(amount)
    yield f"paid {amount}"


@tool
def ship() -> str:
    """Have it shipped."""
    raise AssertionError("done elsewhere")


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return {"count": Execute(), "pay": RequireApproval("?"), "ship": External("the courier")}[call.name]


def chat(messages: Messages) -> Any:
    """Built anew, as in another process; the script goes on where the conversation stands."""
    lines: list[Any] = [CALLS, json.dumps({"paid": REPORT.paid, "words": REPORT.words})]
    turns = sum(message.role == "model" for message in messages)
    return (
        ChatBuilder()
        .with_model(ScriptedProvider(lines[turns:]))
        .with_scoped_tools(ScopedCollection([count, pay, ship], strategy))
        .with_structured_output(Report)
        .with_approval_key(KEY)
        .build()
    )


def decide(messages: Messages) -> Messages:
    """Load what was stored, as another process does, and decide."""
    messages = Messages.from_json(messages.to_json())
    waiting = {call.id: call for call in messages.pending}
    assert set(waiting) == {"pay", "ship"}
    messages.decide(
        [
            Decision("pay", "approve", {"amount": 7}, by="Ada", digest=waiting["pay"].digest),
            Decision("ship", "complete", result="shipped"),
        ],
        tools=[pay],
        key=KEY,
    )
    return messages


def check_end(messages: Messages, till: Till) -> None:
    assert till.paid == [7]
    assert messages.find_tool("pay").outcome() == (
        '(A reviewer changed the arguments to {"amount": 7}.)\npaid 7'
    )
    assert messages.find_tool("ship").status == Completed("shipped")
    assert messages.find_tool("count").status == Completed(2)


def check_events(first: list[object], second: list[object]) -> None:
    assert isinstance(first[-1], Paused)
    assert [call.id for call in first[-1].reason.approvals + first[-1].reason.external] == ["pay", "ship"]
    assert [event.call.id for event in first if isinstance(event, ToolResult)] == ["count"]
    assert {event.call.id for event in first if isinstance(event, ToolProgress)} <= {"count"}
    assert [event.call.id for event in second if isinstance(event, ToolResult)] == ["pay"]
    assert {event.call.id for event in second if isinstance(event, ToolProgress)} <= {"pay"}
    assert [event.value for event in second if isinstance(event, StructuredChunk)][-1] == {
        "paid": 7,
        "words": ["all", "done"],
    }
    assert isinstance(second[-1], Done)
    assert isinstance(second[-1].response, StructuredResponse)
    assert second[-1].response.value == REPORT


@pytest.mark.anyio
async def test_typed_output_after_a_pause() -> None:
    till, messages = Till(), Messages.from_user("go")
    assert isinstance(await chat(messages).complete(messages, deps=till), Paused)

    messages = decide(messages)
    outcome = await chat(messages).resume(messages, deps=till)

    assert isinstance(outcome, Complete)
    assert outcome.response.value == REPORT
    check_end(messages, till)


@pytest.mark.anyio
async def test_typed_output_progress_and_approvals_in_one_stream() -> None:
    till, messages = Till(), Messages.from_user("go")
    async with chat(messages).stream(messages, deps=till) as events:
        first = [event async for event in events]
    messages = decide(messages)
    async with chat(messages).stream(messages, deps=till) as events:
        second = [event async for event in events]

    check_events(first, second)
    assert [event.value for event in first if isinstance(event, ToolProgress)] == [0, 1, 2]
    check_end(messages, till)


def test_the_same_in_synchronous_code() -> None:
    till, messages = Till(), Messages.from_user("go")
    with SyncChat(chat(messages)) as sync:
        assert isinstance(sync.complete(messages, deps=till), Paused)
    messages = decide(messages)
    with SyncChat(chat(messages)) as sync:
        outcome = sync.resume(messages, deps=till)
    assert isinstance(outcome, Complete)
    assert outcome.response.value == REPORT
    check_end(messages, till)


def test_the_same_as_a_synchronous_stream() -> None:
    till, messages = Till(), Messages.from_user("go")
    with SyncChat(chat(messages)) as sync, sync.stream(messages, deps=till) as events:
        first = list(events)
    messages = decide(messages)
    with SyncChat(chat(messages)) as sync, sync.stream(messages, deps=till) as events:
        second = list(events)
    check_events(first, second)
    check_end(messages, till)
