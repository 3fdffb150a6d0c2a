"""Words that are sent while a turn arrives over a WebSocket: one restart, and no tool twice."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from chat_core import ChatBuilder, ChatEvent, Done, InputDelivered, Messages, SentInput, TextChunk, tool
from chat_core.chat.chat_stream import ChatStream
from chat_responses import ResponsesBuilder, ResponsesClient, WebSocketTransport

sys.path.insert(0, str(Path(__file__).parent))

from socketserver_ws import Connection, SocketServer, called, said, socket_server, turn

pytestmark = pytest.mark.anyio

WORDS = "In French, please."


class Model:
    """Thinks aloud and calls two tools, answers their results, and answers new words at once.

    Of its first turn it sends only `hold_at` frames, where that is set.
    """

    def __init__(self, hold_at: int | None = None) -> None:
        self.hold_at = hold_at
        self.runs: list[int] = []

    def answer(self, connection: Connection, frame: dict[str, Any]) -> None:
        number = len(connection.server.frames)
        last = frame["input"][-1]
        if last.get("type") == "function_call_output":
            items = [said("Noted, both of them.")]
        elif WORDS in str(last):
            items = [said("Voila.")]
        else:
            items = [said("I note."), called(1), called(2)]
        frames = turn(f"r{number}", *items)
        connection.send(*frames[: self.hold_at if number == 1 else None])

    def tools(self) -> list[Any]:
        @tool
        async def note(number: int) -> str:
            """Note a number."""
            self.runs.append(number)
            return "noted"

        return [note]


def client(server: SocketServer) -> ResponsesClient:
    builder = ResponsesBuilder().with_base_url(server.url).with_model("m").with_api_key("k")
    return builder.with_transport(WebSocketTransport()).build()


def consistent(seen: list[ChatEvent], messages: Messages, sent: SentInput, model: Model) -> None:
    shown = [""]
    for event in seen:
        if isinstance(event, TextChunk):
            shown[-1] += event.text
        else:
            shown.append("")
    answers = [message.text for message in messages if message.role == "model" and message.text]
    assert [text for text in shown if text] == answers
    assert sorted(set(model.runs)) == sorted(model.runs)
    assert all(call.resolved for call in messages.calls)
    assert [m.text for m in messages].count(WORDS) == (1 if sent.outcome == "delivered" else 0)
    assert Messages.from_json(messages.to_json()) == messages
    assert isinstance(seen[-1], Done)


async def injected(at: int | None) -> tuple[int, int]:
    """Send words after one event. Return how many events and how many requests there were."""
    model, messages = Model(), Messages.from_user("Note 1 and 2.")
    seen: list[ChatEvent] = []
    sent = SentInput("none", messages[0], "ended")
    with socket_server(model.answer) as server:
        made = client(server)
        chat = ChatBuilder().with_model(made).with_tools(model.tools()).build()
        async with made, chat.stream(messages) as events:
            async for event in events:
                if len(seen) == at:
                    sent = await events.send(WORDS)
                seen.append(event)
        consistent(seen, messages, sent, model)
        if sent.outcome == "delivered":
            assert sum(isinstance(event, InputDelivered) for event in seen) == 1
            assert [WORDS in str(frame["input"][-1]) for frame in server.frames].count(True) == 1
            assert messages[-1].text == "Voila."
    return len(seen), len(server.frames)


async def test_words_sent_after_any_event_restart_once_and_run_no_tool_twice() -> None:
    events, requests = await injected(None)
    assert requests == 2
    for at in range(events):
        _, asked = await injected(at)
        assert asked <= requests + 1


async def test_words_sent_while_the_server_is_silent_close_its_connection() -> None:
    frames = len(turn("r1", said("I note."), called(1), called(2)))
    for hold_at in range(1, frames):
        model, messages = Model(hold_at), Messages.from_user("Note 1 and 2.")
        seen: list[ChatEvent] = []
        sent: list[SentInput] = []
        with socket_server(model.answer) as server:
            made = client(server)
            chat = ChatBuilder().with_model(made).with_tools(model.tools()).build()
            async with made, chat.stream(messages) as events, anyio.create_task_group() as tasks:

                async def interrupt(stream: ChatStream, on: SocketServer, into: list[SentInput]) -> None:
                    while not on.frames:
                        await anyio.lowlevel.checkpoint()
                    into.append(await stream.send(WORDS, id="1"))
                    assert await stream.send(WORDS, id="1") is into[0]

                tasks.start_soon(interrupt, events, server, sent)
                seen += [event async for event in events]
            consistent(seen, messages, sent[0], model)
            assert model.runs == []
            assert len(server.frames) == 2
            assert len(server.connections) == 2
            assert "previous_response_id" not in server.frames[1]
            assert messages[-1].text == "Voila."
