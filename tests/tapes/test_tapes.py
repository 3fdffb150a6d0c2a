"""The tapes of this folder come out right in any slices, and never when they are cut: what holds in a clone
of the repository, where no recorded traffic lies beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import aclosing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from chat_core import ChatModel, ConnectionFailed, Done, RateLimited, StreamTruncated, Transport
from chat_core.testing import (
    Cut,
    Duplicate,
    ReplayTransport,
    Reset,
    Reslice,
    Tape,
    broken_laws,
)
from chat_core.testing.tape import Fault

HERE = Path(__file__).resolve().parent
spec = spec_from_file_location("tapes_wires", HERE / "wires.py")
assert spec is not None
assert spec.loader is not None
wires = module_from_spec(spec)
sys.modules["tapes_wires"] = wires
spec.loader.exec_module(wires)

pytestmark = pytest.mark.anyio
WIRES: dict[str, Callable[[Transport, str], ChatModel]] = wires.WIRES
EXPECTED: list[tuple[str, list[Any], str]] = [
    ("It rains in Zürich.", [], "stop"),
    ("I look.", [("one", "weather", {"city": "Bern"}), ("two", "weather", {})], "tool_calls"),
    ("It rai", [], "length"),
]


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def client_on(wire: str, *faults: Fault) -> ChatModel:
    return WIRES[wire](ReplayTransport(HERE / f"{wire}.tape", *faults), wires.HOST)


async def streamed(client: ChatModel, question: str) -> Any:
    async with aclosing(wires.events_of(client, question)) as events:
        return [event async for event in events]


def read(response: Any) -> tuple[str, list[Any], str]:
    calls = [(call.id, call.name, call.arguments) for call in response.tool_calls]
    return response.text, calls, response.finish_reason


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
async def test_a_stream_is_the_same_in_any_slices(wire: str, size: int) -> None:
    client = client_on(wire, Reslice(size))
    for question, expected in zip(wires.QUESTIONS, EXPECTED, strict=False):
        events = await streamed(client, question)
        assert broken_laws(events) == []
        assert read(events[-1].response) == expected
    with pytest.raises(RateLimited) as caught:
        await streamed(client, wires.QUESTIONS[3])
    assert caught.value.message == "slow down"


async def test_whole_turns_are_the_same_as_streamed_ones(wire: str) -> None:
    transport = ReplayTransport(HERE / f"{wire}.tape")
    client = WIRES[wire](transport, wires.HOST)
    for question in wires.QUESTIONS[:3]:
        await streamed(client, question)
    with pytest.raises(RateLimited):
        await streamed(client, wires.QUESTIONS[3])
    for question, expected in zip(wires.QUESTIONS, EXPECTED, strict=False):
        assert read(await client.complete(wires.asked(question))) == expected
    with pytest.raises(RateLimited):
        await client.complete(wires.asked(wires.QUESTIONS[3]))
    assert transport.unplayed == []


async def test_a_stream_that_is_cut_or_lost_anywhere_is_never_done(wire: str) -> None:
    size = stream_size(wire, 1)
    for at in range(0, size, max(1, size // 60)):
        for fault in (Cut(at), Reset(at)):
            try:
                events = await streamed(client_on(wire, fault), wires.QUESTIONS[1])
            except ConnectionFailed:
                assert fault == Reset(0)  # nothing had come
            except StreamTruncated as error:
                calls = error.partial.tool_calls
                assert all(call.failed for call in calls)
            else:  # the terminal sign had come
                assert at > size * 0.8
                assert read(events[-1].response) == EXPECTED[1]
                assert isinstance(events[-1], Done)


async def test_the_first_event_twice_makes_no_call_twice(wire: str) -> None:
    if wire == "claude":
        return  # a message that starts twice is no message
    events = await streamed(client_on(wire, Duplicate(0)), wires.QUESTIONS[1])
    assert [call.id for call in events[-1].response.tool_calls] == ["one", "two"]


def stream_size(wire: str, number: int) -> int:
    """How many bytes a recorded stream plays as."""
    from chat_core.testing.tape.form import joined_blocks

    bursts = Tape.load(HERE / f"{wire}.tape").exchanges[number].bursts
    assert bursts is not None
    return sum(len(joined_blocks(burst.events)) for burst in bursts)
