"""Tools that wait for a person in the middle of their work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from chat_core import (
    Action,
    ApprovalKey,
    AwaitingApproval,
    ChatBuilder,
    Complete,
    Completed,
    ConfigurationError,
    Decision,
    Execute,
    Failed,
    InvalidDecision,
    Messages,
    NeedsInput,
    Paused,
    ScopedCollection,
    Tool,
    ToolCall,
    ToolContext,
    ToolFailure,
    ToolResult,
    UnresolvedTool,
    decisions_from_json,
    tool,
)
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio
SIZES = {"type": "object", "properties": {"size": {"enum": ["S", "L"]}}, "required": ["size"]}
KEY = ApprovalKey(b"0123456789abcdef")
runs: list[object] = []


@tool
def order(context: ToolContext, item: str) -> str:
    """Order something."""
    runs.append((context.attempt, context.input, context.state))
    if context.input is None:
        raise NeedsInput(f"Which size of {item}?", SIZES, {"cart": 7})
    return f"ordered {item} in {context.input['size']}"


def execute(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return Execute()


@pytest.fixture(autouse=True)
def _no_runs() -> None:
    runs.clear()


def provider() -> ScriptedProvider:
    return ScriptedProvider([[ToolCall("c1", "order", {"item": "a shirt"})], "Done."])


def chat(model: ScriptedProvider | None = None, key: ApprovalKey | None = None) -> Any:
    builder = ChatBuilder().with_model(model or provider())
    scoped = builder.with_scoped_tools(ScopedCollection([order], execute))
    return (scoped.with_approval_key(key) if key else scoped).build()


async def test_the_values_of_a_person_go_to_the_second_run_after_a_restart() -> None:
    model = provider()
    messages = Messages.from_user("Order a shirt.")
    outcome = await chat(model).complete(messages)

    assert isinstance(outcome, Paused)
    [call] = outcome.reason.approvals
    assert call.note == "Which size of a shirt?"
    assert call.input_request is not None
    assert call.input_request.schema == SIZES

    restored = Messages.from_json(messages.to_json())
    restored.find_tool("c1").approve(input={"size": "L"}, by="ann")
    outcome = await chat(model).resume(restored)

    assert isinstance(outcome, Complete)
    assert runs == [(1, None, None), (2, {"size": "L"}, {"cart": 7})]
    call = restored.find_tool("c1")
    assert call.status == Completed("ordered a shirt in L")
    assert call.approved_by == "ann"
    assert Messages.from_json(restored.to_json()).find_tool("c1") == call


async def test_values_that_do_not_fit_are_refused_and_the_call_still_waits() -> None:
    messages = Messages.from_user("Order a shirt.")
    await chat().complete(messages)
    call = messages.find_tool("c1")
    with pytest.raises(InvalidDecision, match=r"does not fit.*size") as caught:
        call.approve(input={"size": "XXL"})
    assert caught.value.faults[0].kind == "input"
    with pytest.raises(InvalidDecision, match="size"):
        call.approve()
    with pytest.raises(InvalidDecision, match="has begun"):
        call.approve({"item": "a hat"})
    assert call.status == AwaitingApproval("Which size of a shirt?")


async def test_values_that_only_the_next_process_can_check_let_the_call_wait_again() -> None:
    model = provider()
    messages = Messages.from_user("Order a shirt.")
    await chat(model).complete(messages)
    restored = Messages.from_json(messages.to_json())
    restored.find_tool("c1").approve(input={"size": "XXL"})
    outcome = await chat(model).resume(restored)

    assert isinstance(outcome, Paused)
    assert "Which size of a shirt? (What was given does not fit" in (outcome.reason.approvals[0].note or "")
    assert len(runs) == 1
    restored.find_tool("c1").approve(input={"size": "S"})
    assert isinstance(await chat(model).resume(restored), Complete)


async def test_decisions_as_data_carry_the_values() -> None:
    model = provider()
    messages = Messages.from_user("Order a shirt.")
    await chat(model).complete(messages)
    with pytest.raises(InvalidDecision, match="only an approval"):
        messages.decide([Decision("c1", "reject", input={"size": "L"})])
    with pytest.raises(InvalidDecision, match="does not fit"):
        messages.decide([Decision("c1", "approve", input={"size": 3})])
    messages.decide([Decision("c1", "approve", input={"size": "L"})])
    await chat(model).resume(messages)
    assert messages.find_tool("c1").status == Completed("ordered a shirt in L")


async def test_a_sealed_call_is_sealed_with_what_was_wanted_and_given() -> None:
    model = provider()
    messages = Messages.from_user("Order a shirt.")
    await chat(model, KEY).complete(messages)
    messages.decide([Decision("c1", "approve", input={"size": "L"})], key=KEY)
    forged = Messages.from_json(messages.to_json().replace('"values":{"size":"L"}', '"values":{"size":"S"}'))
    assert forged.find_tool("c1").input_request != messages.find_tool("c1").input_request

    outcome = await chat(model, KEY).resume(forged)
    assert isinstance(outcome, Paused)
    assert "The approval was refused" in (outcome.reason.approvals[0].note or "")
    assert isinstance(await chat(model, KEY).resume(messages), Complete)


async def test_a_rejected_one_is_never_entered_again() -> None:
    model = provider()
    messages = Messages.from_user("Order a shirt.")
    await chat(model).complete(messages)
    messages.find_tool("c1").reject("Not today.")
    await chat(model).resume(messages)
    assert len(runs) == 1
    assert model.requests[-1].messages[-1].tool_calls[0].outcome() == "Not today."


async def test_a_chat_that_cannot_wait_says_which_call_waits() -> None:
    plain = ChatBuilder().with_model(provider()).with_tools([order]).build()
    messages = Messages.from_user("Order a shirt.")
    with pytest.raises(UnresolvedTool, match="order: awaiting_approval"):
        await plain.complete(messages)
    messages.find_tool("c1").approve(input={"size": "L"})
    assert (await plain.complete(messages)).text == "Done."


async def test_a_stream_pauses_and_goes_on() -> None:
    model = provider()
    messages = Messages.from_user("Order a shirt.")
    async with chat(model).stream(messages) as events:
        last = [event async for event in events][-1]
    assert isinstance(last, Paused)
    assert '"message":"Which size of a shirt?"' in last.to_json()
    assert "cart" not in last.to_json()
    messages.find_tool("c1").approve(input={"size": "L"})
    async with chat(model).stream(messages) as events:
        results = [event.call.status async for event in events if isinstance(event, ToolResult)]
    assert results == [Completed("ordered a shirt in L")]


async def test_siblings_of_a_call_that_waits_run() -> None:
    done = Tool("look", "Look.", {}, lambda: "seen")
    calls = [ToolCall("c1", "order", {"item": "a hat"}), ToolCall("c2", "look", {})]
    model = ScriptedProvider([calls, "Done."])
    both = ScopedCollection([order, done], execute)
    outcome = (
        await ChatBuilder()
        .with_model(model)
        .with_scoped_tools(both)
        .build()
        .complete(Messages.from_user("Go."))
    )
    assert isinstance(outcome, Paused)
    assert [type(call.status) for call in outcome.response.tool_calls] == [AwaitingApproval, Completed]


def test_input_for_a_call_that_wants_none_is_refused() -> None:
    call = ToolCall("c1", "order", {}, AwaitingApproval())
    with pytest.raises(InvalidDecision, match="does not wait for input"):
        call.approve(input={"size": "L"})


def test_what_is_no_json_is_refused_where_it_is_raised() -> None:
    with pytest.raises(ConfigurationError, match="NeedsInput"):
        NeedsInput("")
    loop: dict[str, object] = {}
    loop["loop"] = loop
    with pytest.raises(ConfigurationError, match="cannot be JSON"):
        NeedsInput("Which?", None, loop)


async def test_a_failure_in_the_tools_own_words_is_what_the_model_reads() -> None:
    def fails() -> None:
        raise ToolFailure("There is no more of it.")

    model = ScriptedProvider([[ToolCall("c1", "order", {})], "Done."])
    messages = Messages.from_user("Go.")
    await (
        ChatBuilder().with_model(model).with_tools([Tool("order", "", {}, fails)]).build().complete(messages)
    )
    assert messages.find_tool("c1").status == Failed("There is no more of it.")


def test_decisions_from_json_have_the_values() -> None:
    [decision] = decisions_from_json('[{"call_id": "c1", "verdict": "approve", "input": {"size": "L"}}]')
    assert decision.input == {"size": "L"}


async def test_middleware_around_a_call_sees_that_it_waits() -> None:
    seen: list[str] = []

    async def watch(call: ToolCall, run: Any) -> ToolCall:
        done: ToolCall = await run(call)
        seen.append(done.status.type)
        return done

    builder = ChatBuilder().with_model(provider()).with_tool_middleware(watch)
    watched = builder.with_scoped_tools(ScopedCollection([order], execute)).build()
    messages = Messages.from_user("Order a shirt.")
    assert isinstance(await watched.complete(messages), Paused)
    messages.find_tool("c1").approve(input={"size": "L"})
    assert isinstance(await watched.resume(messages), Complete)
    assert seen == ["awaiting_approval", "completed"]
