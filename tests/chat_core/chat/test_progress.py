"""What a tool yields on its way is in the stream of its conversation, and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from chat_core import (
    ChatBuilder,
    Completed,
    Done,
    Failed,
    Messages,
    TextChunk,
    Tool,
    ToolCall,
    ToolCalled,
    ToolProgress,
    ToolResult,
    Unknown,
    tool,
)
from chat_core.sync import SyncChat
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio


@tool
async def download(steps: int) -> AsyncGenerator[object]:
    """Download something."""
    for step in range(steps):
        yield {"percent": 100 * step // steps}
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
    yield "all of it"


def chat_with(*tools: Tool[..., object], calls: list[ToolCall]) -> Any:
    return ChatBuilder().with_model(ScriptedProvider([calls, "done"])).with_tools(tools).build()


async def test_progress_comes_while_the_tool_runs_and_the_last_value_is_the_result() -> None:
    messages = Messages.from_user("go")
    chat = chat_with(download, calls=[ToolCall("d", "download", {"steps": 4})])
    seen: list[object] = []

    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, ToolProgress):
                assert event.call.status.type == "running"
                seen.append(event.value)
            elif not isinstance(event, TextChunk):
                seen.append(type(event))

    assert seen[2:-2] == [{"percent": percent} for percent in (0, 25, 50, 75)]
    assert [seen[1], *seen[-2:]] == [ToolCalled, ToolResult, Done]
    assert messages.find_tool("d").status == Completed("all of it")
    assert "percent" not in messages.to_json()


async def test_without_a_stream_the_tool_runs_the_same() -> None:
    messages = Messages.from_user("go")

    await chat_with(download, calls=[ToolCall("d", "download", {"steps": 2})]).complete(messages)

    assert messages.find_tool("d").status == Completed("all of it")


async def test_a_slow_consumer_sees_the_latest() -> None:
    finished = anyio.Event()

    @tool
    async def count() -> AsyncGenerator[int]:
        for number in range(100):
            yield number
        finished.set()
        for _ in range(10):
            await anyio.lowlevel.checkpoint()
        yield 100

    chat = chat_with(count, calls=[ToolCall("c", "count")])
    seen: list[object] = []
    async with chat.stream(Messages.from_user("go")) as events:
        async for event in events:
            if isinstance(event, ToolProgress):
                await finished.wait()
                seen.append(event.value)

    assert len(seen) <= 2
    assert seen[-1] == 99


async def test_leaving_the_stream_ends_the_tool_and_its_call_is_unknown() -> None:
    closed: list[str] = []

    @tool
    async def endless() -> AsyncGenerator[str]:
        try:
            while True:
                yield "more"
                await anyio.lowlevel.checkpoint()
        finally:
            closed.append("closed")

    messages = Messages.from_user("go")
    async with chat_with(endless, calls=[ToolCall("e", "endless")]).stream(messages) as events:
        async for event in events:
            if isinstance(event, ToolProgress):
                break

    assert closed == ["closed"]
    assert messages.find_tool("e").status == Unknown()


async def test_what_the_consumer_raises_comes_out_as_it_is() -> None:
    chat = chat_with(download, calls=[ToolCall("d", "download", {"steps": 9})])

    async def consume() -> None:
        async with chat.stream(Messages.from_user("go")) as events:
            async for event in events:
                if isinstance(event, ToolProgress):
                    raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await consume()


async def test_a_generator_that_fails_or_takes_too_long_fails_its_call_alone() -> None:
    @tool
    async def breaks() -> AsyncGenerator[str]:
        yield "so far"
        raise ValueError("broken")

    @tool(timeout=0.01)
    async def slow() -> AsyncGenerator[str]:
        yield "waiting"
        await anyio.sleep_forever()

    @tool
    async def nothing() -> AsyncGenerator[str]:
        return
        yield ""

    messages = Messages.from_user("go")
    calls = [ToolCall(name, name) for name in ("breaks", "slow", "nothing")]
    async with chat_with(breaks, slow, nothing, calls=calls).stream(messages) as events:
        kinds = [type(event) async for event in events]

    assert kinds.count(ToolResult) == 3
    assert messages.find_tool("breaks").status == Failed("ValueError: broken")
    assert messages.find_tool("slow").outcome().startswith("TimeoutError: it took longer than 0.01 s")
    assert messages.find_tool("nothing").status == Completed(None)


def test_a_synchronous_loop_sees_it_too() -> None:
    messages = Messages.from_user("go")
    with SyncChat(chat_with(download, calls=[ToolCall("d", "download", {"steps": 3})])) as chat:
        with chat.stream(messages) as events:
            values = [event.value for event in events if isinstance(event, ToolProgress)]

    assert values[0] == {"percent": 0}
    assert messages.find_tool("d").status == Completed("all of it")
