"""Middleware around a tool call: it runs at most once, with arguments that fit, and ends in a true status."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import anyio
import pytest
from chat_core import (
    Approved,
    AwaitingApproval,
    ChatBuilder,
    ChatRequest,
    Completed,
    ConfigurationError,
    Execute,
    Failed,
    File,
    InvalidRequest,
    Messages,
    Paused,
    ScopedCollection,
    ToolCall,
    TurnEvent,
    Unknown,
    tool,
)
from chat_core.middleware import NextTurn, RunTool
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio

ran: list[int] = []


@pytest.fixture(autouse=True)
def _nothing_has_run() -> None:
    ran.clear()


@tool
def add(a: int) -> int:
    """Add one."""
    ran.append(a)
    if a < 0:
        raise ValueError("too small")
    return a + 1


def calls(*numbers: object) -> list[ToolCall]:
    return [ToolCall(f"t{at}", "add", {"a": number}) for at, number in enumerate(numbers)]  # type: ignore[dict-item]


def chat_with(*hooks: Any, given: list[ToolCall], scoped: bool = False) -> Any:
    builder: Any = ChatBuilder().with_model(ScriptedProvider([given, "done"])).with_middleware(*hooks)
    if scoped:
        return builder.with_scoped_tools(ScopedCollection([add], lambda call, meta: Execute())).build()
    return builder.with_tools([add]).build()


async def outcome(*hooks: Any, given: list[ToolCall], streamed: bool = False) -> list[ToolCall]:
    messages = Messages.from_user("Add")
    chat = chat_with(*hooks, given=given)
    if streamed:
        async with chat.stream(messages) as events:
            async for _ in events:
                pass
    else:
        await chat.complete(messages)
    return messages[1].tool_calls


def noted(log: list[str], name: str) -> Any:
    async def wrap(call: ToolCall, run: RunTool) -> ToolCall:
        log.append(f"{name} in")
        returned = await run(call)
        log.append(f"{name} out")
        return returned

    return wrap


@pytest.mark.parametrize("streamed", [False, True])
async def test_the_first_given_is_outermost_and_the_tool_runs_once(streamed: bool) -> None:
    log: list[str] = []
    [call] = await outcome(noted(log, "a"), noted(log, "b"), given=calls(1), streamed=streamed)

    assert log == ["a in", "b in", "b out", "a out"]
    assert ran == [1]
    assert call.status == Completed(2)
    assert call.attempts == 1


async def test_a_failure_of_the_tool_is_a_status_and_not_raised() -> None:
    seen: list[object] = []

    async def look(call: ToolCall, run: RunTool) -> ToolCall:
        seen.append((await run(call)).status)
        return call

    [call] = await outcome(look, given=calls(-1))

    assert seen == [call.status]
    assert call.status == Failed("ValueError: too small")


async def test_the_result_may_be_changed() -> None:
    async def double(call: ToolCall, run: RunTool) -> ToolCall:
        await run(call)
        return replace(call, status=Completed("changed"), files=(File.from_bytes(b"x", "text/plain"),))

    [call] = await outcome(double, given=calls(1))

    assert call.status == Completed("changed")
    assert [file.data for file in call.files] == [b"x"]


async def test_a_call_can_be_answered_without_the_tool() -> None:
    async def refuse(call: ToolCall, run: RunTool) -> ToolCall:
        call.status = Failed("not on a Sunday")
        return call

    [call] = await outcome(refuse, given=calls(1))

    assert ran == []
    assert call.status == Failed("not on a Sunday")
    assert call.attempts == 0


async def test_a_call_that_is_left_without_an_outcome_has_failed() -> None:
    async def forget(call: ToolCall, run: RunTool) -> Any:
        return None

    [call] = await outcome(forget, given=calls(1))

    assert ran == []
    assert call.status == Failed("add was not run.")


async def test_running_a_call_twice_is_refused_and_the_first_outcome_stays() -> None:
    async def twice(call: ToolCall, run: RunTool) -> ToolCall:
        await run(call)
        return await run(call)

    messages = Messages.from_user("Add")
    with pytest.raises(ConfigurationError, match="called run\\(call\\) twice for call t0 of add"):
        await chat_with(twice, given=calls(1)).complete(messages)

    assert ran == [1]
    assert messages[1].tool_calls[0].status == Completed(2)


async def test_running_a_call_twice_side_by_side_is_refused() -> None:
    async def both(call: ToolCall, run: RunTool) -> ToolCall:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run, call)
            tasks.start_soon(run, call)
        return call

    with pytest.raises(ExceptionGroup):
        await outcome(both, given=calls(1))

    assert ran == [1]


async def test_a_call_that_has_run_cannot_be_made_to_run_again() -> None:
    async def reopen(call: ToolCall, run: RunTool) -> ToolCall:
        await run(call)
        call.status = Approved()
        return call

    [call] = await outcome(reopen, given=calls(1))

    assert ran == [1]
    assert call.status == Completed(2)


async def test_another_call_than_its_own_is_refused() -> None:
    async def swap(call: ToolCall, run: RunTool) -> ToolCall:
        return await run(replace(call, arguments={"a": "not a number"}))

    with pytest.raises(ConfigurationError, match="another call than t0"):
        await outcome(swap, given=calls(1))

    assert ran == []


async def test_changed_arguments_pass_the_gate_again() -> None:
    async def edit(call: ToolCall, run: RunTool) -> ToolCall:
        call.edited = {"a": 10}
        return await run(call)

    async def spoil(call: ToolCall, run: RunTool) -> ToolCall:
        call.arguments["a"] = "many"
        return await run(call)

    [edited] = await outcome(edit, given=calls(1))
    [spoilt] = await outcome(spoil, given=calls(1))

    assert ran == [10]
    assert edited.status == Completed(11)
    assert isinstance(spoilt.status, Failed)
    assert "do not fit add, which was not run" in spoilt.status.error


async def test_calls_that_do_not_fit_or_are_unknown_never_reach_it() -> None:
    log: list[str] = []
    given = [*calls("x"), ToolCall("t9", "nothing", {})]
    await outcome(noted(log, "a"), given=given)

    assert log == []


async def test_what_it_raises_goes_to_the_caller_when_the_others_have_ended_and_the_call_can_still_run() -> (
    None
):
    async def limited(call: ToolCall, run: RunTool) -> ToolCall:
        if call.id == "t1":
            raise InvalidRequest("too many calls")
        await anyio.lowlevel.checkpoint()
        return await run(call)

    messages = Messages.from_user("Add")
    chat = chat_with(limited, given=calls(1, 2, 3))
    with pytest.raises(InvalidRequest, match="too many calls"):
        await chat.complete(messages)

    assert sorted(ran) == [1, 3]
    assert [call.status for call in messages[1].tool_calls] == [Completed(2), Approved(), Completed(4)]
    assert [call.attempts for call in messages[1].tool_calls] == [1, 0, 1]

    bare = ChatBuilder().with_model(ScriptedProvider(["done"])).with_tools([add]).build()
    await bare.complete(messages)
    assert sorted(ran) == [1, 2, 3]


async def test_what_it_raises_after_the_tool_keeps_the_outcome() -> None:
    async def late(call: ToolCall, run: RunTool) -> ToolCall:
        await run(call)
        raise InvalidRequest("the log is full")

    messages = Messages.from_user("Add")
    with pytest.raises(InvalidRequest):
        await chat_with(late, given=calls(1)).complete(messages)

    assert messages[1].tool_calls[0].status == Completed(2)


async def test_cancelled_before_the_tool_the_call_can_still_run() -> None:
    messages = Messages.from_user("Add")
    with anyio.CancelScope() as scope:

        async def wait(call: ToolCall, run: RunTool) -> ToolCall:
            scope.cancel()
            await anyio.sleep_forever()
            return call

        await chat_with(wait, given=calls(1)).complete(messages)

    assert ran == []
    assert messages[1].tool_calls[0].status == Approved()


async def test_cancelled_in_the_tool_the_call_is_unknown() -> None:
    @tool(name="add")
    async def slow(a: int) -> int:
        scope.cancel()
        await anyio.sleep_forever()
        return a

    messages = Messages.from_user("Add")
    builder = ChatBuilder().with_model(ScriptedProvider([calls(1)])).with_tools([slow])
    with anyio.CancelScope() as scope:
        await builder.with_middleware(noted([], "a")).build().complete(messages)

    assert messages[1].tool_calls[0].status == Unknown()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_cancellation_of_something_else_does_not_touch_the_others() -> None:
    async def broken(call: ToolCall, run: RunTool) -> ToolCall:
        if call.id == "t0":
            raise asyncio.CancelledError
        return await run(call)

    messages = Messages.from_user("Add")
    with pytest.raises(asyncio.CancelledError):
        await chat_with(broken, given=calls(1, 2)).complete(messages)

    assert [call.status for call in messages[1].tool_calls] == [Approved(), Completed(3)]


async def test_it_may_make_a_call_wait_for_a_person() -> None:
    async def ask(call: ToolCall, run: RunTool) -> ToolCall:
        if call.approved_by is None:
            call.status = AwaitingApproval("large")
            return call
        return await run(call)

    chat = chat_with(ask, given=calls(1), scoped=True)
    messages = Messages.from_user("Add")
    paused = await chat.complete(messages)
    assert isinstance(paused, Paused)
    assert ran == []

    messages.find_tool("t0").approve(by="ana")
    await chat.complete(messages)
    assert ran == [1]


async def test_it_knows_the_tool_and_the_run_and_an_object_may_wrap_both() -> None:
    seen: list[object] = []

    class Both:
        async def wrap_turn(self, request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
            async for event in next(request):
                yield event
            seen.append(request.run)

        async def wrap_tool(self, call: ToolCall, run: RunTool) -> ToolCall:
            seen.append(run.run)
            seen.append(run.tool)
            return await run(call)

    await outcome(Both(), given=calls(1))

    assert seen == [seen[0], seen[0], add, seen[0]]
    assert seen[0] is not None


async def test_a_plain_function_goes_to_with_tool_middleware() -> None:
    log: list[str] = []
    inner = noted(log, "a")
    builder = ChatBuilder().with_model(ScriptedProvider([calls(1), "done"])).with_tools([add])
    chat = builder.with_tool_middleware(lambda call, run: inner(call, run)).build()

    await chat.complete("Add")
    assert log == ["a in", "a out"]
