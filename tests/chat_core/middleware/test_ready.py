"""Each ready middleware: order, streaming, cancellation, failure and tools."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from chat_core import (
    Completed,
    InvalidRequest,
    Messages,
    StreamTruncated,
    TextChunk,
    ToolCall,
    tool,
)
from chat_core.middleware import Compaction, Trimming

from .ready import READY, Ready, Waiting, Watched

pytestmark = pytest.mark.anyio

EACH = pytest.mark.parametrize("ready", READY, ids=str)
STREAMS = pytest.mark.parametrize("ready", [one for one in READY if one.name != "simulated"], ids=str)
"""Those with a stream within: the other one waits for the whole response, however it is read."""


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def answered(chat: Any, messages: Messages, streamed: bool) -> Any:
    if not streamed:
        return await chat.complete(messages)
    async with chat.stream(messages) as events:
        return [event async for event in events][-1].response


@EACH
async def test_it_has_its_place_in_the_order_in_which_it_was_given(ready: Ready, streamed: bool) -> None:
    log: list[str] = []
    chat = ready.builder(Watched(["Hi"], []), log).build()

    assert (await answered(chat, ready.conversation(), streamed)).text == "Hi"

    again = ["inner in"] if ready.name == "compaction" else []  # the first one was too long
    assert log == ["outer in", *again, "inner in", "inner out", "outer out"]


@EACH
async def test_events_come_through_as_they_arrive_and_add_up_to_the_response(ready: Ready) -> None:
    log: list[str] = []
    chat = ready.builder(Watched(["This comes in several pieces."], log)).build()
    texts: list[str] = []

    async with chat.stream(ready.conversation()) as events:
        async for event in events:
            if isinstance(event, TextChunk):
                log.append("taken")
                texts.append(event.text)

    assert "".join(texts) == event.response.text == "This comes in several pieces."
    if ready.name == "simulated":
        assert set(log) == {"taken"}  # it asks for the whole
    else:
        assert log == [*["sent", "taken"] * len(texts), "sent"]


@STREAMS
@pytest.mark.parametrize("how", ["left", "cancelled"])
async def test_a_stream_that_ends_early_closes_the_one_within_and_frees_its_place(
    ready: Ready, how: str
) -> None:
    inner = Waiting([], [])
    chat = ready.builder(inner).build()

    for _ in range(2):  # the second time tells whether something is still held
        messages = ready.conversation()
        before = len(messages)
        with anyio.CancelScope() as scope:
            async with chat.stream(messages) as events:
                async for _ in events:
                    if how == "left":
                        break
                    scope.cancel()

        assert scope.cancelled_caught == (how == "cancelled")
        assert inner.open == 0
        assert len(messages) == before + 1
        assert messages[-1].interrupted


@EACH
async def test_a_response_that_is_cancelled_leaves_nothing_behind(ready: Ready) -> None:
    streamed = ready.name == "simulated"
    inner = Waiting([], [])
    chat = ready.builder(inner).build()

    for _ in range(2):
        inner.in_complete = anyio.Event()
        messages = ready.conversation()
        before = messages.to_json() if ready.name != "compaction" else ""
        with anyio.CancelScope() as scope:
            await _cancelled_while_waiting(chat, inner, messages, scope, streamed=streamed)

        assert inner.open == 0
        assert not before or messages.to_json() == before
        assert len(messages) == len(ready.conversation())


async def _cancelled_while_waiting(
    chat: Any, inner: Waiting, messages: Messages, scope: anyio.CancelScope, *, streamed: bool
) -> None:
    async def cancel() -> None:
        assert inner.in_complete is not None
        await inner.in_complete.wait()
        assert inner.open == 1
        scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(cancel)
        await answered(chat, messages, streamed)


@EACH
async def test_a_failure_reaches_the_caller_as_it_is_and_the_next_turn_is_answered(
    ready: Ready, streamed: bool
) -> None:
    error = InvalidRequest("no", status=400)
    chat = ready.builder(Watched([error, "Hi"], [])).build()
    messages = ready.conversation()
    before = len(messages)

    with pytest.raises(InvalidRequest) as caught:
        await answered(chat, messages, streamed)

    assert caught.value is error
    assert len(messages) == before
    assert (await answered(chat, messages, streamed)).text == "Hi"


@STREAMS
async def test_a_stream_that_is_cut_keeps_what_came_and_is_not_begun_again(ready: Ready) -> None:
    inner = Waiting([], [])
    inner.cut = True
    chat = ready.builder(inner).build()
    messages = ready.conversation()
    texts: list[str] = []

    with pytest.raises(StreamTruncated):
        async with chat.stream(messages) as events:
            texts.extend([event.text async for event in events if isinstance(event, TextChunk)])

    assert messages[-1].interrupted
    assert messages[-1].text == "one "
    assert inner.open == 0


@EACH
async def test_tools_run_once_and_their_results_are_sent(ready: Ready, streamed: bool) -> None:
    ran: list[int] = []

    @tool
    def add(a: int) -> int:
        ran.append(a)
        return a + 1

    inner = Watched([[ToolCall("t1", "add", {"a": 1})], "2"], [])
    chat = ready.builder(inner).with_tools([add]).build()
    messages = ready.conversation()
    response = await answered(chat, messages, streamed)

    assert response.text == "2"
    assert ran == [1]
    [call] = inner.requests[-1].messages.calls
    assert (call.id, call.status) == ("t1", Completed(2))
    assert list(messages.calls) == [call]
    assert messages[-1].text == "2"


@pytest.mark.parametrize("name", ["trimming", "compaction"])
async def test_cancelled_while_it_counts_or_sums_up_the_conversation_stays_as_it_was(name: str) -> None:
    waiting = anyio.Event()

    async def count(messages: Messages) -> int:
        waiting.set()
        await anyio.sleep_forever()
        return 0

    async def summarize(text: str) -> str:
        waiting.set()
        await anyio.sleep_forever()
        return ""

    slow = {
        "trimming": lambda: Trimming(max_tokens=5, count=count),
        "compaction": lambda: Compaction(summarize),
    }
    ready = Ready(name, slow[name], shortens=True)
    inner = Watched(["Hi"], [])
    chat = ready.builder(inner).build()
    messages = ready.conversation()
    before = messages.to_json()

    async with anyio.create_task_group() as group:
        group.start_soon(chat.complete, messages)
        await waiting.wait()
        group.cancel_scope.cancel()

    assert messages.to_json() == before
    assert inner.requests == []
