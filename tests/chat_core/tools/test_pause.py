"""People in the loop: who is asked, what waits, what runs, and what the model is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio.from_thread
import anyio.lowlevel
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    Action,
    AwaitingApproval,
    Chat,
    ChatBuilder,
    ChatOptions,
    Complete,
    Completed,
    ConfigurationError,
    Defer,
    Execute,
    InvalidDecision,
    Message,
    Messages,
    Paused,
    Pending,
    Reject,
    Rejected,
    RequireApproval,
    RetryPolicy,
    Running,
    Scheduled,
    ScopedCollection,
    Tool,
    ToolCall,
    ToolResult,
    Unknown,
    UnresolvedTool,
    tool,
)
from chat_core.chat.setup import Setup
from chat_core.chat.toolbox import ToolBox
from chat_core.testing import FakeTransport, ScriptedProvider

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Ledger:
    """A tool whose effects are counted."""

    def __init__(self, strategy: Callable[[ToolCall, Mapping[str, object]], Any]) -> None:
        self.paid: list[int] = []
        self.strategy = strategy
        self.tool = tool(name="pay", meta={"limit": 10})(self.pay)

    def pay(self, amount: int) -> int:
        self.paid.append(amount)
        return amount

    def chat(self, *lines: Any) -> Any:
        scoped = ScopedCollection([self.tool], self.strategy)
        return ChatBuilder().with_model(ScriptedProvider(lines)).with_scoped_tools(scoped).build()


def pays(*amounts: int) -> list[ToolCall]:
    return [ToolCall(f"c{amount}", "pay", {"amount": amount}) for amount in amounts]


def always(action: Any) -> Callable[[ToolCall, Mapping[str, object]], Any]:
    return lambda call, meta: action


async def test_execute_runs_at_once() -> None:
    ledger = Ledger(always(Execute()))

    outcome = await ledger.chat(pays(1), "done").complete(Messages.from_user("go"))

    assert isinstance(outcome, Complete)
    assert outcome.response.text == "done"
    assert ledger.paid == [1]


async def test_a_call_that_needs_approval_waits_and_runs_once_approved() -> None:
    ledger = Ledger(always(RequireApproval("Really?")))
    chat = ledger.chat(pays(1), "done")
    messages = Messages.from_user("go")

    paused = await chat.complete(messages)

    assert isinstance(paused, Paused)
    assert [call.id for call in paused.reason.approvals] == ["c1"]
    assert paused.reason.calls == paused.reason.approvals
    assert paused.reason.next_wake is None
    assert paused.response.message is messages[-1]
    assert paused.response.usage.input_tokens == 10
    assert messages.find_tool("c1").status == AwaitingApproval("Really?")
    assert ledger.paid == []

    paused.reason.approvals[0].approve(by="Ada")
    outcome = await chat.resume(messages)

    assert isinstance(outcome, Complete)
    assert ledger.paid == [1]


async def test_resuming_undecided_pauses_again_and_sends_nothing() -> None:
    asked: list[str] = []

    def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
        asked.append(call.id)
        return RequireApproval()

    ledger = Ledger(strategy)
    chat = ledger.chat(pays(1))
    messages = Messages.from_user("go")

    first, second = await chat.complete(messages), await chat.complete(messages)

    assert first.reason == second.reason
    assert second.response.message is messages[-1]
    assert asked == ["c1"]  # once per call, and the model not at all


async def test_the_model_reads_a_rejection_by_the_strategy_or_by_a_person() -> None:
    ledger = Ledger(
        lambda call, meta: Reject("Too much.") if call.arguments["amount"] == 9 else RequireApproval()
    )
    chat = ledger.chat(pays(9, 1), "done")
    messages = Messages.from_user("go")
    await chat.complete(messages)

    assert messages.find_tool("c9").status == Rejected("Too much.")
    messages.find_tool("c1").reject("Not today.")
    outcome = await chat.resume(messages)

    assert isinstance(outcome, Complete)
    assert [call.outcome() for call in messages.calls] == ["Too much.", "Not today."]
    assert ledger.paid == []


async def test_a_call_can_be_completed_by_hand() -> None:
    ledger = Ledger(always(RequireApproval()))
    chat = ledger.chat(pays(1), "done")
    messages = Messages.from_user("go")
    await chat.complete(messages)

    messages.find_tool("c1").complete({"receipt": 7})
    await chat.resume(messages)

    assert messages.find_tool("c1").outcome() == '{"receipt": 7}'
    assert ledger.paid == []


async def test_a_strategy_may_be_async_and_sees_the_call_and_the_tools_meta() -> None:
    seen: list[object] = []

    async def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
        await anyio.lowlevel.checkpoint()
        seen.append((call.id, call.arguments, dict(meta), call.status))
        return Execute()

    ledger = Ledger(strategy)
    await ledger.chat(pays(1), "done").complete(Messages.from_user("go"))

    assert seen == [("c1", {"amount": 1}, {"limit": 10}, Pending())]


async def test_what_a_strategy_raises_comes_through_and_nothing_is_decided_or_run() -> None:
    broken = True

    def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
        if broken and call.id == "c2":
            raise LookupError("no policy for this")
        return Execute()

    ledger = Ledger(strategy)
    chat = ledger.chat(pays(1, 2), "done")
    messages = Messages.from_user("go")

    with pytest.raises(LookupError, match="no policy for this"):
        await chat.complete(messages)

    assert [call.status for call in messages.calls] == [Pending(), Pending()]
    assert ledger.paid == []
    broken = False
    assert isinstance(await chat.complete(messages), Complete)
    assert sorted(ledger.paid) == [1, 2]


async def test_an_answer_that_is_no_action_is_named() -> None:
    ledger = Ledger(always("yes"))

    with pytest.raises(
        ConfigurationError,
        match="the strategy of pay returned 'yes'; it has to be Execute, RequireApproval, Defer, External "
        "or Reject",
    ):
        await ledger.chat(pays(1)).complete(Messages.from_user("go"))
    assert ledger.paid == []


async def test_a_call_that_cannot_run_needs_no_decision() -> None:
    asked: list[str] = []

    def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
        asked.append(call.id)
        return Execute()

    ledger = Ledger(strategy)
    calls = [ToolCall("bad", "pay", {"amount": "much"}), ToolCall("unknown", "steal"), *pays(1)]
    await ledger.chat(calls, "done").complete(Messages.from_user("go"))

    assert asked == ["c1"]


async def test_a_mixed_batch_runs_what_may_run_and_waits_for_the_rest() -> None:
    actions = {
        "c1": Execute(),
        "c2": RequireApproval(),
        "c3": Reject("no"),
        "c4": Defer(NOON + timedelta(days=9999)),
    }
    ledger = Ledger(lambda call, meta: actions[call.id])
    chat = ledger.chat(pays(1, 2, 3, 4), "done")
    messages = Messages.from_user("go")

    paused = await chat.complete(messages)

    assert ledger.paid == [1]
    assert [call.id for call in paused.reason.approvals] == ["c2"]
    assert [call.id for call in paused.reason.scheduled] == ["c4"]
    assert paused.reason.next_wake == messages.next_wake() == NOON + timedelta(days=9999)

    messages.find_tool("c2").approve()
    again = await chat.resume(messages)

    assert ledger.paid == [1, 2]
    assert [call.id for call in again.reason.calls] == ["c4"]
    messages.find_tool("c4").approve()  # a person may be earlier than the clock
    assert isinstance(await chat.resume(messages), Complete)
    assert ledger.paid == [1, 2, 4]


@pytest.mark.parametrize(
    ("shown", "content"),
    [(True, '(A reviewer changed the arguments to {"a": 20, "b": 22}.)\n42'), (False, "42")],
)
async def test_an_edited_approval_is_what_runs_and_what_the_model_reads(shown: bool, content: str) -> None:
    @tool
    def add(a: int, b: int) -> int:
        return a + b

    def wire(message: Mapping[str, object]) -> dict[str, object]:
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
        return {"id": "r", "model": "m", "choices": [choice]}

    asked = {"id": "t1", "type": "function", "function": {"name": "add", "arguments": '{"a":2,"b":2}'}}
    transport = (
        FakeTransport().answer(wire({"content": None, "tool_calls": [asked]})).answer(wire({"content": "42"}))
    )
    client = (
        ChatCompletionsBuilder()
        .with_base_url("http://model.test/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    chat = (
        ChatBuilder()
        .with_model(client)
        .with_scoped_tools(ScopedCollection([add], always(RequireApproval())))
        .with_edit_notice(shown)
        .build()
    )
    messages = Messages.from_user("go")
    assert isinstance(await chat.complete(messages), Paused)

    messages.find_tool("t1").approve({"a": 20, "b": 22})
    await chat.complete(messages)

    assert transport.bodies[-1]["messages"][-2:] == [  # type: ignore[index, call-overload]
        {"role": "assistant", "content": None, "tool_calls": [asked]},
        {"role": "tool", "tool_call_id": "t1", "content": content},
    ]
    call = messages.find_tool("t1")
    assert (call.arguments, call.edited, call.status) == ({"a": 2, "b": 2}, {"a": 20, "b": 22}, Completed(42))


async def test_an_edit_that_does_not_fit_runs_nothing() -> None:
    ledger = Ledger(always(RequireApproval()))
    chat = ledger.chat(pays(1), "done")
    messages = Messages.from_user("go")
    await chat.complete(messages)

    with pytest.raises(
        InvalidDecision, match=r"these arguments do not fit pay, and the call still waits: amount"
    ):
        messages.find_tool("c1").approve({"amount": "much"})

    assert [call.id for call in messages.pending] == ["c1"]
    assert isinstance(await chat.resume(messages), Paused)
    assert ledger.paid == []


async def test_an_edit_that_does_not_fit_goes_back_to_the_reviewer_also_in_another_process() -> None:
    ledger = Ledger(always(RequireApproval()))
    chat = ledger.chat(pays(1), "done")
    messages = Messages.from_user("go")
    await chat.complete(messages)

    stored = Messages.from_json(messages.to_json())  # where it is loaded nobody knows the tool
    stored.find_tool("c1").approve({"amout": 7}, by="Ada")
    paused = await chat.resume(stored)

    assert isinstance(paused, Paused)
    [call] = paused.reason.approvals
    assert isinstance(call.status, AwaitingApproval)
    assert "do not fit pay" in str(call.status.note)
    assert "amout" in str(call.status.note)
    assert (call.edited, call.approved_by) == (None, None)
    call.approve({"amount": 7})
    await chat.resume(stored)
    assert ledger.paid == [7]


async def test_an_approval_can_be_withdrawn_until_it_has_run() -> None:
    ledger = Ledger(always(RequireApproval()))
    chat = ledger.chat(pays(1), "done")
    messages = Messages.from_user("go")
    await chat.complete(messages)

    call = messages.find_tool("c1")
    call.approve()
    call.reject("on second thought")
    await chat.resume(messages)

    assert (ledger.paid, call.outcome()) == ([], "on second thought")
    with pytest.raises(ConfigurationError, match="cannot approve call c1 of pay: it is already rejected"):
        call.approve()


# time


def timed(ledger: Ledger, clock: Callable[[], datetime], *lines: Any) -> Any:
    tools = ToolBox.of([ScopedCollection([ledger.tool], ledger.strategy)], clock)
    return Chat(ScriptedProvider(lines), Setup(tools, ChatOptions(), None, 20, RetryPolicy(), may_pause=True))


async def test_a_deferred_call_runs_at_the_first_resume_after_its_time() -> None:
    now = NOON
    ledger = Ledger(always(Defer(NOON + timedelta(hours=1))))
    chat = timed(ledger, lambda: now, pays(1), "done")
    messages = Messages.from_user("go")

    paused = await chat.complete(messages)
    assert paused.reason.next_wake == NOON + timedelta(hours=1)
    assert messages.find_tool("c1").status == Scheduled(NOON + timedelta(hours=1))

    now = NOON + timedelta(minutes=59)
    assert isinstance(await chat.resume(messages), Paused)
    assert ledger.paid == []

    now = NOON + timedelta(hours=1)
    messages = Messages.from_json(messages.to_json())
    assert isinstance(await chat.resume(messages), Complete)
    assert ledger.paid == [1]


async def test_a_time_already_past_is_now() -> None:
    ledger = Ledger(always(Defer(NOON - timedelta(seconds=1))))

    assert isinstance(
        await timed(ledger, lambda: NOON, pays(1), "done").complete(Messages.from_user("go")), Complete
    )
    assert ledger.paid == [1]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="needs a time zone"):
        Defer(datetime(2026, 11, 22))


# what is not known


@pytest.mark.parametrize("decision", ["approve", "reject", "complete"])
async def test_a_call_that_may_have_run_is_never_run_again_unasked(decision: str) -> None:
    ledger = Ledger(always(Execute()))
    chat = ledger.chat("done")
    messages = Messages.from_user("go").append(Message("model", [*pays(1)]))
    messages.find_tool("c1").status = Running()
    messages = Messages.from_json(messages.to_json())

    paused = await chat.resume(messages)

    assert isinstance(paused, Paused)
    assert [call.id for call in paused.reason.unknown] == ["c1"]
    assert ledger.paid == []
    call = messages.find_tool("c1")
    {"approve": call.approve, "reject": call.reject, "complete": lambda: call.complete("it had run")}[
        decision
    ]()
    assert isinstance(await chat.resume(messages), Complete)
    assert ledger.paid == ([1] if decision == "approve" else [])


async def test_without_scoped_tools_a_call_cannot_wait_for_a_decision() -> None:
    ledger = Ledger(always(Execute()))
    chat: Any = ChatBuilder().with_model(ScriptedProvider(["done"])).with_tools([ledger.tool]).build()
    messages = Messages.from_user("go").append(Message("model", [*pays(1)]))
    messages.find_tool("c1").status = Unknown()

    with pytest.raises(
        UnresolvedTool, match=r"c1 \(pay: unknown\); messages.find_tool\(id\) and then \.approve\(\)"
    ) as unresolved:
        await chat.complete(messages)

    assert unresolved.value.calls == (messages.find_tool("c1"),)
    messages.find_tool("c1").approve()
    assert (await chat.complete(messages)).text == "done"
    assert ledger.paid == [1]


@pytest.mark.parametrize("end", ["cancel", "break"])
async def test_a_call_cancelled_on_its_way_is_unknown_and_a_finished_sibling_is_not(end: str) -> None:
    finished, entered = anyio.Event(), anyio.Event()

    @tool
    async def quick() -> str:
        finished.set()
        return "quick"

    @tool
    async def endless() -> None:
        entered.set()
        await anyio.sleep_forever()

    provider = ScriptedProvider([[ToolCall("q", "quick"), ToolCall("e", "endless")], "never"])
    chat = (
        ChatBuilder()
        .with_model(provider)
        .with_scoped_tools(ScopedCollection([quick, endless], always(Execute())))
        .build()
    )
    messages = Messages.from_user("go")

    async def run() -> None:
        if end == "cancel":
            await chat.complete(messages)
        async with chat.stream(messages) as events:
            async for _ in events:
                pass

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await entered.wait()
        await finished.wait()
        tasks.cancel_scope.cancel()

    assert messages.find_tool("q").status == Completed("quick")
    assert messages.find_tool("e").status == Unknown()
    assert isinstance(await chat.complete(messages), Paused)
    assert len(provider.requests) == 1


async def test_a_sync_tool_cannot_be_stopped_so_its_outcome_is_waited_for() -> None:
    import threading

    entered, go_on = anyio.Event(), threading.Event()

    @tool
    def slow() -> str:
        anyio.from_thread.run_sync(entered.set)
        go_on.wait(5)
        return "done all the same"

    chat: Any = (
        ChatBuilder()
        .with_model(ScriptedProvider([ToolCall("s", "slow"), "never"]))
        .with_tools([slow])
        .build()
    )
    messages = Messages.from_user("go")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(chat.complete, messages)
        await entered.wait()
        tasks.cancel_scope.cancel()
        go_on.set()

    assert messages.find_tool("s").status == Completed("done all the same")


async def test_a_stream_tells_each_result_once_over_a_pause() -> None:
    ledger = Ledger(lambda call, meta: Execute() if call.id == "c1" else RequireApproval())
    chat = ledger.chat(pays(1, 2), "done")
    messages = Messages.from_user("go")
    told: list[str] = []

    for _ in range(2):
        async with chat.stream(messages) as events:
            told += [event.call.id async for event in events if isinstance(event, ToolResult)]
        if messages.pending:
            messages.find_tool("c2").approve()

    assert told == ["c1", "c2"]


async def test_a_tool_that_is_gone_after_the_pause_is_answered_to_the_model() -> None:
    ledger = Ledger(always(RequireApproval()))
    messages = Messages.from_user("go")
    await ledger.chat(pays(1)).complete(messages)
    messages.find_tool("c1").approve()

    other = Tool("other", "", {}, lambda: None)
    outcome = (
        await ChatBuilder()
        .with_model(ScriptedProvider(["sorry"]))
        .with_tools([other])
        .build()
        .complete(messages)
    )

    assert outcome.text == "sorry"
    assert messages.find_tool("c1").outcome() == "There is no tool 'pay'. There are: other."


async def test_an_approved_call_waits_in_storage_until_it_is_resumed() -> None:
    ledger = Ledger(always(RequireApproval()))
    messages = Messages.from_user("go")
    await ledger.chat(pays(1)).complete(messages)
    messages.find_tool("c1").approve({"amount": 5}, by="Ada")

    restored = Messages.from_json(messages.to_json())

    assert restored.find_tool("c1").approved_by == "Ada"
    await ledger.chat("done").resume(restored)
    assert ledger.paid == [5]
