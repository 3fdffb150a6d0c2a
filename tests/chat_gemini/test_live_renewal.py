"""Sessions over the Live API that go on over another connection: by its handle, or with their history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from chat_core import ChatBuilder, Done, RetryPolicy, ToolResult, tool
from chat_core.realtime import Interrupted, RealtimeSession, Reconnected, Transcript
from chat_core.testing import FakeSocket
from gemini_live_server import (
    called,
    client,
    complete,
    content,
    heard,
    push,
    ready,
    sent,
    setup_of,
    speech,
    spoken,
    words,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def handle(name: str, *, resumable: bool = True) -> dict[str, Any]:
    given = {"newHandle": name, "resumable": True} if resumable else {"resumable": False}
    return {"sessionResumptionUpdate": given}


def leaving(seconds: int = 50) -> dict[str, Any]:
    return {"goAway": {"timeLeft": f"{seconds}s"}}


class Reader:
    """Iterates a session beside the test, and notes what comes."""

    def __init__(self, session: RealtimeSession) -> None:
        self.session = session
        self.events: list[object] = []

    async def run(self) -> None:
        async for event in self.session:
            self.events.append(event)

    def count(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.events)


@asynccontextmanager
async def reading(made: Any, *tools: Any, **given: Any) -> AsyncIterator[Reader]:
    chat = ChatBuilder().with_model(made).with_tools(list(tools)).with_retry(RetryPolicy(base_delay=0))
    async with chat.build().session(**given) as session, anyio.create_task_group() as tasks:
        reader = Reader(session)
        tasks.start_soon(reader.run)
        yield reader
        tasks.cancel_scope.cancel()


async def settle() -> None:
    await anyio.sleep(0.001)  # of a clock that only runs while everything waits


async def test_a_server_that_leaves_is_left_in_a_quiet_moment_with_its_handle_and_without_a_history() -> None:
    old, new = ready(handle("h1")), ready()
    async with reading(client(old, new)) as reader:
        await reader.session.send("Hi")
        push(old, words("Hello"), leaving())
        await anyio.sleep(10)
        assert not old.is_closed
        push(old, handle("h2"), complete())
        await settle()
        assert reader.events[-1] == Reconnected(restored=True)
        assert old.is_closed
        assert setup_of(new)["sessionResumption"] == {"handle": "h2"}
        assert sent(new) == []
        await reader.session.send("And now?")
        push(new, *spoken("Still here."))
        await settle()
    assert [message.text for message in reader.session.messages] == ["Hi", "Hello", "And now?", "Still here."]
    assert reader.count(Interrupted) == 0


async def test_a_session_that_cannot_be_resumed_at_the_moment_is_given_its_history() -> None:
    old, new = ready(handle("h1"), handle("", resumable=False)), ready()
    async with reading(client(old, new)) as reader:
        await reader.session.send("Hi")
        push(old, *spoken("Hello"), leaving())
        await settle()
        assert reader.events[-1] == Reconnected(restored=False)
    assert setup_of(new)["sessionResumption"] == {}
    [history] = sent(new)
    assert [turn["role"] for turn in history["client_content"]["turns"]] == ["user", "model"]


async def test_a_handle_that_the_server_refuses_is_replaced_by_the_history() -> None:
    old, new = ready(handle("h1")), ready()
    refusing = push(FakeSocket(), content()).close(1008, "no such session")
    async with reading(client(old, refusing, new)) as reader:
        await reader.session.send("Hi")
        push(old, *spoken("Hello"), leaving())
        await settle()
        assert reader.events[-1] == Reconnected(restored=False)
    assert setup_of(refusing)["sessionResumption"] == {"handle": "h1"}
    assert len(sent(new)) == 1


async def test_turns_over_different_connections_have_different_names() -> None:
    old, new = ready(handle("h1")), ready(*spoken("Two"))
    async with reading(client(old, new)) as reader:
        push(old, *spoken("One"), leaving())
        await settle()
    names = {event.item for event in reader.events if isinstance(event, Transcript)}
    assert len(names) == 2


async def test_without_resumption_no_handle_is_taken() -> None:
    old, new = ready(handle("h1")), ready()
    made = client(old, new, change=lambda builder: builder.without_resumption())
    assert not made.realtime.restores_history
    async with reading(made) as reader:
        push(old, leaving())
        await settle()
        assert reader.events == [Reconnected(restored=False)]
    assert "sessionResumption" not in setup_of(new)


async def test_a_lost_connection_ends_the_answer_and_the_session_goes_on() -> None:
    old, new = ready(handle("h1")), ready()
    async with reading(client(old, new), reconnect=True) as reader:
        await anyio.sleep(60)
        await reader.session.send("Count")
        push(old, words("one two")).close(1011, "internal error")
        await settle()
        kinds = [type(event) for event in reader.events]
        assert kinds[-3:] == [Interrupted, Done, Reconnected]
    last = reader.session.messages[-1]
    assert (last.text, last.interrupted) == ("one two", True)


async def test_the_result_of_a_call_of_an_earlier_connection_is_sent_with_the_call_and_is_answered() -> None:
    go_on = anyio.Event()

    @tool
    async def slow() -> str:
        """Take long."""
        await go_on.wait()
        return "done"

    old, new = ready(handle("h1"), called("f1", "slow")), ready()
    async with reading(client(old, new), slow) as reader:
        await reader.session.send("Do it")
        push(old, leaving())
        await anyio.sleep(50)
        assert reader.count(Reconnected) == 1
        go_on.set()
        await settle()
        assert reader.count(ToolResult) == 1
        [message] = sent(new)
        [call, result] = message["client_content"]["turns"]
        assert call["parts"][0]["functionCall"]["name"] == "slow"
        assert result["parts"][0]["functionResponse"]["response"] == {"output": "done"}
        assert message["client_content"]["turnComplete"] is True
        push(new, *spoken("It is done."))
        await settle()
    assert reader.session.messages[-1].text == "It is done."


async def test_a_session_of_an_hour_goes_over_six_connections_and_loses_nothing() -> None:
    sockets = [ready(handle(f"h{number}")) for number in range(7)]
    async with reading(client(*sockets)) as reader:
        for number, socket in enumerate(sockets):
            await anyio.sleep(300)
            await reader.session.send(bytes(320))
            push(socket, heard(f"Question {number}?"))
            push(socket, words(f"Answer {number}."), speech(bytes(480)), content(generationComplete=True))
            push(socket, complete())
            await anyio.sleep(240)
            if number < 6:
                push(socket, handle(f"next{number}"), leaving())
            await anyio.sleep(10)
    assert reader.count(Reconnected) == 6
    assert reader.count(Done) == 7
    texts = [message.text for message in reader.session.messages]
    assert texts == [text for n in range(7) for text in (f"Question {n}?", f"Answer {n}.")]
    assert [setup_of(socket)["sessionResumption"].get("handle") for socket in sockets] == [
        None,
        *(f"next{number}" for number in range(6)),
    ]
