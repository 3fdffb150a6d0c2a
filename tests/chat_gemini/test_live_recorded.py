"""Recorded sessions: what they give whole, cut after every message, and interrupted at every event."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chat_core import ChatBuilder, Done, Messages, StreamTruncated, Tool, ToolResult
from chat_core.realtime import AudioChunk, Interrupted, RealtimeSession, Transcript
from chat_core.testing import FakeSocket
from gemini_live_server import client, complete, content, push

RECORDINGS = Path(__file__).parents[3] / "shared/recordings"

if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)

pytestmark = pytest.mark.anyio
FOUND = [
    path
    for folder in ("gemini", "vertex")
    for path in sorted((RECORDINGS / folder).glob("*.json"))
    if ".expected" not in path.name and '"gemini-live"' in path.read_text()[:3000]
]
CODES = (1000, 1001, 1007, 1011)


@dataclass
class Recorded:
    """The messages of a server, and the model that they are of."""

    model: str
    received: list[dict[str, Any]]

    @staticmethod
    def of(path: Path) -> Recorded:
        frames = json.loads(path.read_text())["frames"]
        messages = [frame["json"] for frame in frames if frame["dir"] == "received"]
        return Recorded(frames[0]["json"]["setup"]["model"].rpartition("/")[2], messages)

    def responses(self, count: int) -> int:
        """How many responses have ended by the `count`-th message: at calls, and at the end of a turn."""
        ends = 0
        is_open = False
        for message in self.received[:count]:
            said = message.get("serverContent") or {}
            is_open = is_open or bool(said.keys() & {"modelTurn", "outputTranscription"})
            if "toolCall" in message or (said.get("turnComplete") and is_open):
                ends += 1
                is_open = False
        return ends


async def answer(**arguments: object) -> str:
    return "foggy"


def chat_of(recorded: Recorded, socket: FakeSocket) -> Any:
    tool = Tool("get_weather", "", {"type": "object", "properties": {"city": {"type": "string"}}}, answer)
    return ChatBuilder().with_model(client(socket, model=recorded.model)).with_tools([tool]).build()


async def play(opened: RealtimeSession, ended: list[Done], words: list[str]) -> None:
    """Read a session to its end: the responses that end, and the words of the one that does not."""
    async with opened as session:
        async for event in session:
            match event:
                case Done():
                    ended.append(event)
                    words.clear()
                case Transcript(of="model", final=False):
                    words.append(event.text)
                case _:
                    pass


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem[-30:])
@pytest.mark.parametrize("code", CODES)
async def test_a_session_that_is_cut_after_any_message_gives_what_had_ended_and_then_an_error(
    path: Path, code: int
) -> None:
    recorded = Recorded.of(path)
    for cut in range(len(recorded.received) + 1):
        socket = push(FakeSocket(), *recorded.received[:cut]).close(code, "closed")
        ended: list[Done] = []
        words: list[str] = []
        messages = Messages()
        with pytest.raises(StreamTruncated, match=str(code)) as caught:
            await play(chat_of(recorded, socket).session(messages), ended, words)
        assert len(ended) == recorded.responses(cut)
        assert caught.value.partial.message.interrupted
        assert caught.value.partial.text == "".join(words)
        stored = [message for message in messages if message.role == "model"]
        assert [m.interrupted for m in stored][: len(ended)] == [False] * len(ended)
        assert "".join(m.text for m in stored[len(ended) :]) == "".join(words)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem[-30:])
async def test_a_response_that_is_interrupted_at_any_event_holds_what_was_played_and_nothing_after(
    path: Path,
) -> None:
    recorded = Recorded.of(path)
    interrupted = 0
    for at in range(1, 1000):
        socket = push(FakeSocket(), *recorded.received)
        seen: list[object] = []
        async with chat_of(recorded, socket).session() as session:
            async for event in session:
                seen.append(event)
                if len(seen) == at:
                    break
            if isinstance(seen[-1], Done) and not seen[-1].response.tool_calls:
                assert interrupted
                return
            await session.interrupt(0)
            push(socket, complete())
            rest = [event async for event in _until(session, Done)]
        interruption = next((n for n, event in enumerate(rest) if isinstance(event, Interrupted)), None)
        if interruption is not None and rest[-1].response.message.interrupted:
            assert not any(isinstance(e, AudioChunk | Transcript) for e in rest[interruption:])
            assert rest[-1].response.files == []
            interrupted += 1
        calls = list(session.messages.calls)
        assert len({call.id for call in calls}) == len(calls) <= 1
    raise AssertionError("no response ended")


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem[-30:])
async def test_a_response_that_the_server_interrupts_after_any_message_drops_stragglers(path: Path) -> None:
    recorded = Recorded.of(path)
    end = next(at for at, m in enumerate(recorded.received) if m.get("serverContent", {}).get("turnComplete"))
    for at in range(2, end):
        if not recorded.received[at - 1].get("serverContent"):
            continue  # no response is under way
        before, after = recorded.received[:at], recorded.received[at:end]
        stragglers = [message for message in after if "toolCall" not in message]
        socket = push(FakeSocket(), *before, content(interrupted=True), *stragglers, complete())
        events: list[Any] = []
        async with chat_of(recorded, socket).session() as session:
            async for event in session:
                events.append(event)
                if isinstance(event, Done) and not event.response.tool_calls:
                    break
        at_interruption = next(n for n, event in enumerate(events) if isinstance(event, Interrupted))
        rest = [event for event in events[at_interruption + 1 :] if not isinstance(event, ToolResult)]
        assert [type(event) for event in rest] == [Done]
        assert events[-1].response.message.interrupted


async def _until(session: Any, kind: type) -> Any:
    async for event in session:
        yield event
        if isinstance(event, kind):
            return
