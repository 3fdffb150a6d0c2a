"""Words sent into a stream at any time: the conversation stays whole, and goes on with every provider."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import anyio.lowlevel
from budget import budget, show
from chat_core import (
    Cancelled,
    ChatBuilder,
    ChatEvent,
    Done,
    InputDelivered,
    Messages,
    Reasoning,
    RetryPolicy,
    SentInput,
    TextChunk,
    ToolCall,
    ToolCalled,
    ToolResult,
    TurnEvent,
    tool,
)
from chat_core.chat.chat_stream import ChatStream
from chat_core.testing import FakeTransport, ScriptedProvider
from handoff_providers import STATIONS, Station
from hypothesis import given
from hypothesis import strategies as st

LINES: list[Any] = [
    [Reasoning("I think of both cities."), "I will look.", ToolCall("w1", "look", {"city": "Bern"})],
    [ToolCall("w2", "look", {"city": "Basel"}), ToolCall("w3", "look", {"city": "Chur"})],
    "It rains in all of them, and it will go on.",
]


class Slow(ScriptedProvider):
    """Waits at random between its events, and begins its script anew with each turn that was cut off."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__([])
        self._chance = chance

    async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
        calls = {call.id for message in given.messages for call in message.tool_calls if call.resolved}
        step = 0 if not calls else 1 if not calls & {"w2", "w3"} else 2
        self._lines.insert(0, LINES[step])
        response = await self.complete(given)
        for text in (response.reasoning, response.text):
            for start in range(0, len(text), 8):
                await self.wait()
                yield TextChunk(text[start : start + 8])
        await self.wait()
        yield Done(response)

    async def wait(self) -> None:
        for _ in range(self._chance.randrange(4)):
            await anyio.lowlevel.checkpoint()


async def conversation(seed: int, backend: str) -> Messages:
    """Run an agent while words are sent at random times, and hold what came of it against the rules."""
    chance = random.Random(seed)
    provider, runs = Slow(chance), list[str]()

    @tool(sequential=chance.random() < 0.3)
    async def look(city: str) -> str:
        """Look at the weather."""
        runs.append(city)
        await provider.wait()
        return "rain"

    messages = Messages.from_user("What is the weather?")
    chat = ChatBuilder().with_model(provider).with_tools([look]).build()
    sent: list[SentInput] = []
    seen: list[ChatEvent] = []
    async with chat.stream(messages) as events, anyio.create_task_group() as tasks:
        for number in range(chance.randrange(1, 5)):
            tasks.start_soon(_send, events, chance, f"words {number}", sent)
        if chance.random() < 0.2:
            tasks.start_soon(_cancel, events, chance)
        async for event in events:
            seen.append(event)
            await provider.wait()
    _hold(messages, seen, sent)
    called = [event.call.id for event in seen if isinstance(event, ToolCalled)]
    completed = [call for call in messages.calls if call.status.type == "completed"]
    assert len(runs) == len(completed) + sum(call.status.type == "unknown" for call in messages.calls)
    assert len(set(called)) == len(called)
    return messages


async def _send(events: ChatStream, chance: random.Random, words: str, sent: list[SentInput]) -> None:
    for _ in range(chance.randrange(60)):
        await anyio.lowlevel.checkpoint()
    for _ in range(2):
        one = await events.send(words, id=words)
    sent.append(one)
    await one.wait()


async def _cancel(events: ChatStream, chance: random.Random) -> None:
    for _ in range(chance.randrange(60)):
        await anyio.lowlevel.checkpoint()
    await events.cancel()


def _hold(messages: Messages, seen: list[ChatEvent], sent: list[SentInput]) -> None:
    show(messages, [(one.id, one.outcome) for one in sent])
    assert [type(event) for event in seen if isinstance(event, Done | Cancelled)] == [type(seen[-1])]
    delivered = [id for event in seen if isinstance(event, InputDelivered) for id in event.ids]
    assert sorted(delivered) == sorted(one.id for one in sent if one.outcome == "delivered")
    texts = [message.text for message in messages if message.role == "user"]
    assert texts == ["What is the weather?", *delivered]
    if isinstance(seen[-1], Done):
        assert all(call.resolved for call in messages.calls)
        assert {one.outcome for one in sent} <= {"delivered", "ended"}
    results = [event.call.id for event in seen if isinstance(event, ToolResult)]
    assert len(set(results)) == len(results)
    restored = Messages.from_json(messages.to_json())
    assert restored.to_json() == messages.to_json()


async def goes_on(messages: Messages, station: Station, number: int) -> None:
    """Have one provider go on with a copy of the conversation; its requests keep the provider's rules."""
    copy = Messages.from_json(messages.to_json())
    copy.close_open_calls()
    copy.add_user("And tomorrow?")
    transport = FakeTransport()
    for answer in station.answers(station.mark(number), f"call{number:05}"):
        transport.answer(answer)

    @tool
    def chart(city: str) -> str:
        """Draw the temperatures of a city."""
        return "drawn"

    client = station.builder.with_api_key("hf_key").with_transport(transport).build()
    chat = ChatBuilder().with_model(client).with_tools([chart]).with_retry(RetryPolicy(0)).build()
    assert (await chat.complete(copy)).text == "Done."
    for body in transport.bodies:
        assert station.faults(dict(body)) == [], station.name


@budget(60)
@given(st.integers(0, 2**32), st.sampled_from(["asyncio", "trio"]), st.sampled_from(STATIONS))
def test_words_at_any_time_leave_a_conversation_that_goes_on(
    seed: int, backend: str, station: Station
) -> None:
    async def run() -> None:
        await goes_on(await conversation(seed, backend), station, 1)

    anyio.run(run, backend=backend)


@budget(4)
@given(st.integers(0, 2**32))
def test_a_conversation_that_was_interrupted_goes_on_with_every_provider(seed: int) -> None:
    async def run() -> None:
        messages = await conversation(seed, "asyncio")
        for number, station in enumerate(STATIONS, 1):
            await goes_on(messages, station, number)

    anyio.run(run)
