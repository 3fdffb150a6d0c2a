"""What a pass over tool calls leaves behind, whatever the tools, the strategies and the outside world do."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import anyio
import anyio.lowlevel
import numpy
import pytest
from chat_core import (
    ChatBuilder,
    ChatRequest,
    Completed,
    ConversationConflict,
    Execute,
    External,
    Failed,
    File,
    Messages,
    Native,
    Opaque,
    Origin,
    Paused,
    ScopedCollection,
    TextChunk,
    Tool,
    ToolCall,
    ToolContext,
    TurnEvent,
    Unknown,
    tool,
)
from chat_core.testing import ScriptedProvider
from pydantic import AfterValidator

pytestmark = pytest.mark.anyio


def chat_with(*tools: Tool[..., object], calls: list[ToolCall], **kwargs: Any) -> Any:
    builder = ChatBuilder().with_model(ScriptedProvider([calls, "done"])).with_tools(tools)
    return builder.with_checkpoint(kwargs["save"]).build() if "save" in kwargs else builder.build()


async def run(chat: Any, messages: Messages, streamed: bool) -> None:
    if not streamed:
        await chat.complete(messages)
        return
    async with chat.stream(messages) as events:
        async for _ in events:
            pass


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize(
    ("result", "taken"),
    [
        (os.fsdecode(b"caf\xe9"), "caf\ufffd"),
        ({"\udcff": ["\ud83d"]}, {"\ufffd": ["\ufffd"]}),
        (float("nan"), None),
        ([1.5, float("inf"), {"a": float("-inf")}], [1.5, None, {"a": None}]),
        (10**400, hex(10**400)),
        (numpy.int64(5), 5),
        (numpy.float32(0.5), 0.5),
        (numpy.bool_(True), True),
        (numpy.arange(2000), list(range(2000))),
        ({"row": numpy.zeros((2, 2))}, {"row": [[0.0, 0.0], [0.0, 0.0]]}),
        (numpy.array(["2026-11-27"], dtype="datetime64[ns]"), ["2026-11-27T00:00:00.000000000"]),
        (numpy.datetime64("NaT"), "NaT"),
        ({1: (2, {3})}, {"1": [2, [3]]}),
    ],
)
async def test_a_result_is_json_that_can_be_stored_and_is_the_same_afterwards(
    result: object, taken: object, streamed: bool
) -> None:
    messages = Messages.from_user("go")

    await run(chat_with(Tool("t", "", {}, lambda: result), calls=[ToolCall("c", "t")]), messages, streamed)

    # JSON by the parameters
    assert messages.find_tool("c").status == Completed(taken)  # type: ignore[arg-type]
    assert Messages.from_json(messages.to_json()) == messages
    json.dumps(taken, allow_nan=False, ensure_ascii=False).encode()


async def test_files_and_blocks_are_found_at_any_depth() -> None:
    chart = File.from_bytes(b"\x89PNG\r\n\x1a\n", name="chart.png")
    block = Opaque(Native(Origin("p", "", ""), {"type": "search_result", "title": "Bern"}))
    results: list[object] = [{"chart": chart, "n": 1}, [block, {"also": [chart]}], [chart, "text"], chart]

    taken: list[tuple[object, int]] = []
    for result in results:
        messages = Messages.from_user("go")
        await chat_with(Tool("t", "", {}, lambda r=result: r), calls=[ToolCall("c", "t")]).complete(messages)
        call = messages.find_tool("c")
        assert isinstance(call.status, Completed)
        taken.append((call.status.result, len(call.files)))

    assert taken == [
        ({"chart": "(file 1: chart.png)", "n": 1}, 1),
        ([{"type": "search_result", "title": "Bern"}, {"also": ["(file 1: chart.png)"]}], 1),
        ("text", 1),
        ("1 file(s)", 1),
    ]


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def raising(error: BaseException) -> Tool[..., object]:
    def fail() -> None:
        raise error

    return Tool("fail", "", {}, fail)


def raising_async(error: BaseException) -> Tool[..., object]:
    async def fail() -> None:
        await anyio.lowlevel.checkpoint()
        raise error

    return Tool("fail", "", {}, fail)


@pytest.mark.parametrize("make", [raising, raising_async])
@pytest.mark.parametrize(
    ("error", "reads"),
    [
        (Unprintable(), "Unprintable"),
        (SystemExit(3), "SystemExit: 3"),
        (StopIteration("over"), "RuntimeError: coroutine raised StopIteration"),
        (asyncio.CancelledError("elsewhere"), "CancelledError: elsewhere"),
        (ValueError("caf\udce9"), "ValueError: caf\ufffd"),
    ],
)
async def test_whatever_a_tool_raises_is_a_failure_of_its_call_alone(
    make: Any, error: BaseException, reads: str, streamed: bool
) -> None:
    finished: list[str] = []

    async def slow() -> str:
        for _ in range(10):
            await anyio.lowlevel.checkpoint()
        finished.append("slow")
        return "fine"

    messages = Messages.from_user("go")
    calls = [ToolCall("f", "fail"), ToolCall("s", "slow")]

    await run(chat_with(make(error), Tool("slow", "", {}, slow), calls=calls), messages, streamed)

    assert messages.find_tool("f").status == Failed(reads)
    assert messages.find_tool("s").status == Completed("fine")
    assert Messages.from_json(messages.to_json()) == messages


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_that_somebody_else_cancelled_fails_only_the_call_that_waits_for_it(
    streamed: bool,
) -> None:
    async def waits() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        asyncio.get_running_loop().call_soon(task.cancel)
        await task

    async def sibling() -> str:
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        return "fine"

    messages = Messages.from_user("go")
    calls = [ToolCall("w", "waits"), ToolCall("s", "sibling")]

    await run(chat_with(tool(waits), tool(sibling), calls=calls), messages, streamed)

    assert messages.find_tool("w").status == Failed("CancelledError")
    assert messages.find_tool("s").status == Completed("fine")


async def test_a_cancelled_pass_is_stored_with_what_has_returned_and_only_calls_in_flight_are_unknown(
    streamed: bool,
) -> None:
    stored: list[str] = []
    entered = anyio.Event()

    async def save(messages: Messages) -> None:
        await anyio.lowlevel.checkpoint()  # a save that can be interrupted, were it not shielded
        stored.append(messages.to_json())

    async def quick() -> str:
        return "quick"

    async def endless() -> None:
        entered.set()
        await anyio.sleep_forever()

    calls = [ToolCall("q", "quick"), ToolCall("e", "endless"), ToolCall("n", "alone")]
    alone = Tool("alone", "", {}, quick, sequential=True)
    chat = chat_with(tool(quick), tool(endless), alone, calls=calls, save=save)
    messages = Messages.from_user("go")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, chat, messages, streamed)
        await entered.wait()
        while not messages.find_tool("q").resolved:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()

    assert [call.status.type for call in messages.calls] == ["completed", "unknown", "approved"]
    assert Messages.from_json(stored[-1]) == messages
    assert messages.find_tool("e").status == Unknown()


async def test_each_result_is_stored_when_it_is_there() -> None:
    stored: list[list[str]] = []
    first_is_stored = anyio.Event()

    async def save(messages: Messages) -> None:
        stored.append([call.status.type for call in messages.calls])
        if ["completed", "running"] in stored:
            first_is_stored.set()

    async def second() -> str:
        await first_is_stored.wait()
        return "second"

    calls = [ToolCall("1", "first"), ToolCall("2", "second")]
    chat = chat_with(Tool("first", "", {}, lambda: "first"), tool(second), calls=calls, save=save)
    await chat.complete(Messages.from_user("go"))

    assert stored == [
        ["pending", "pending"],
        ["running", "running"],
        ["completed", "running"],
        ["completed", "completed"],
        ["completed", "completed"],
    ]


async def test_a_stream_that_is_left_is_stored_and_a_failing_save_does_not_hide_why() -> None:
    class Cut(ScriptedProvider):
        async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
            yield TextChunk("half")
            yield TextChunk(" a word")

    stored: list[Messages] = []
    chat = ChatBuilder().with_model(Cut([])).with_checkpoint(stored.append).build()
    messages = Messages.from_user("go")
    async with chat.stream(messages) as events:
        async for _ in events:
            break
    assert [(m[-1].text, m[-1].interrupted) for m in stored] == [("half", True)]

    def full(messages: Messages) -> None:
        raise OSError("disk full")

    chat = ChatBuilder().with_model(Cut([])).with_checkpoint(full).build()
    with pytest.raises(ZeroDivisionError):
        await fail_within(chat)


async def fail_within(chat: Any) -> None:
    async with chat.stream(Messages.from_user("go")) as events:
        async for _ in events:
            raise ZeroDivisionError


async def test_a_second_call_on_the_same_messages_is_refused_and_the_tool_runs_once(streamed: bool) -> None:
    ran: list[int] = []
    deciding, decide = anyio.Event(), anyio.Event()

    async def strategy(call: ToolCall, meta: object) -> Execute:
        deciding.set()
        await decide.wait()
        return Execute()

    pays = Tool("pay", "", {}, lambda: ran.append(1))
    provider = ScriptedProvider([ToolCall("p", "pay"), "done"])
    chat: Any = (
        ChatBuilder().with_model(provider).with_scoped_tools(ScopedCollection([pays], strategy)).build()
    )
    messages = Messages.from_user("go")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, chat, messages, streamed)
        await deciding.wait()
        with pytest.raises(ConversationConflict, match="another complete, resume or stream is at work"):
            await run(chat, messages, streamed)
        decide.set()

    assert ran == [1]
    assert messages[-1].text == "done"


async def test_a_call_that_is_decided_while_the_strategy_thinks_keeps_that_decision() -> None:
    ran: list[int] = []
    messages = Messages.from_user("go")

    async def strategy(call: ToolCall, meta: object) -> Execute:
        messages.find_tool("p").reject("by hand")
        return Execute()

    pays = Tool("pay", "", {}, lambda: ran.append(1))
    provider = ScriptedProvider([ToolCall("p", "pay"), "done"])
    await (
        ChatBuilder()
        .with_model(provider)
        .with_scoped_tools(ScopedCollection([pays], strategy))
        .build()
        .complete(messages)
    )

    assert (ran, messages.find_tool("p").outcome()) == ([], "by hand")


async def test_open_calls_are_closed_truthfully_in_one_go() -> None:
    messages = Messages.from_user("go")
    asks = ScopedCollection([Tool("pay", "", {}, lambda: "paid")], lambda call, meta: External("bank"))
    provider = ScriptedProvider([[ToolCall("a", "pay"), ToolCall("b", "pay")], "I stopped."])
    chat = ChatBuilder().with_model(provider).with_scoped_tools(asks).build()
    paused = await chat.complete(messages)
    assert isinstance(paused, Paused)
    assert [call.id for call in paused.reason.external] == ["a", "b"]
    messages.find_tool("b").status = Unknown()

    closed = messages.close_open_calls()

    assert [call.outcome() for call in closed] == [
        "The user stopped before this call was run.",
        "The user stopped while this call was running. It may have had its effect; its result is not known.",
    ]
    await chat.complete(messages.add_user("Never mind."))
    assert messages[-1].text == "I stopped."


async def test_a_tool_is_given_its_context_and_keeps_its_key_over_a_restart() -> None:
    seen: list[tuple[str, str, int, object, int]] = []

    @tool
    def pay(amount: int, context: ToolContext[str]) -> str:
        seen.append(
            (context.call_id, context.idempotency_key, context.attempt, context.deps, len(context.messages))
        )
        return "paid"

    assert list(pay.definition.parameters["properties"]) == ["amount"]  # type: ignore[arg-type]
    messages = Messages.from_user("go")
    await chat_with(pay, calls=[ToolCall("p", "pay", {"amount": 1})]).complete(messages, deps="first")
    again = Messages.from_json(messages.to_json())
    again.find_tool("p").status = Unknown()
    again.find_tool("p").approve()
    await chat_with(pay, calls=[]).complete(again, deps="second")

    assert [one[0] for one in seen] == ["p", "p"]
    assert seen[0][1] == seen[1][1] != ""
    assert [one[2:] for one in seen] == [(1, "first", 2), (2, "second", 3)]


async def test_limits_of_a_tool_hold() -> None:
    running, most = 0, 0

    async def limited() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        running -= 1

    calls = [ToolCall(str(n), "limited") for n in range(6)]
    await chat_with(Tool("limited", "", {}, limited, max_concurrency=2), calls=calls).complete(
        Messages.from_user("go")
    )
    assert most == 2

    order: list[str] = []

    async def step(name: str) -> None:
        order.append(f"{name} begins")
        await anyio.lowlevel.checkpoint()
        order.append(f"{name} ends")

    calls = [ToolCall(name, "step", {"name": name}) for name in "abc"]
    await chat_with(Tool("step", "", {}, step, sequential=True), calls=calls).complete(
        Messages.from_user("go")
    )
    assert order == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


async def test_a_tool_that_takes_too_long_fails_and_says_that_it_may_have_had_its_effect() -> None:
    messages = Messages.from_user("go")
    endless = Tool("endless", "", {}, anyio.sleep_forever, timeout=0.01)

    await chat_with(endless, calls=[ToolCall("e", "endless")]).complete(messages)

    assert messages.find_tool("e").outcome() == (
        "TimeoutError: it took longer than 0.01 s; it may have had its effect"
    )


def broken(value: int) -> int:
    raise KeyError("table")


async def test_a_validator_that_raises_anything_is_a_misfit() -> None:
    @tool
    def look(at: Annotated[int, AfterValidator(broken)]) -> None: ...

    messages = Messages.from_user("go")
    await chat_with(look, calls=[ToolCall("l", "look", {"at": 1})]).complete(messages)

    assert "they cannot be validated: KeyError: 'table'" in messages.find_tool("l").outcome()
