"""Recorded sessions, closed after every frame and interrupted at every event."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    Done,
    Messages,
    RetryPolicy,
    StreamTruncated,
    TextChunk,
    Tool,
    ToolCallChunk,
    ToolCalled,
)
from chat_core.realtime import AudioChunk, Interrupted, RealtimeSession, Transcript
from chat_core.testing import FakeSocket
from chat_openai.realtime import AZURE, OPENAI, VOICE_LIVE, XAI, Dialect
from realtime_server import client, ready

RECORDINGS = Path(__file__).parents[3] / "shared/recordings"

if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)

pytestmark = pytest.mark.anyio
MS = 48  # bytes of speech in a millisecond
FOUND = [
    path
    for folder in ("azure", "openai", "xai")
    for path in sorted((RECORDINGS / folder).glob("*ws*.json"))
    if ".expected" not in path.name and '"openai-realtime"' in path.read_text()[:3000]
]


class Recorded:
    """A recorded session: what its server sent, and how its client was set up."""

    def __init__(self, path: Path) -> None:
        recorded = json.loads(path.read_text())
        frames = recorded["frames"]
        self.frames: list[dict[str, Any]] = [f["json"] for f in frames if f["dir"] == "received"]
        self.settings: dict[str, Any] = next(
            f["json"]["session"]
            for f in frames
            if f["dir"] == "sent" and f["json"]["type"] == "session.update"
        )
        self.provider: str = recorded["provider"]
        self.runs: Counter[str] = Counter()

    @cached_property
    def dialect(self) -> Dialect:
        if "modalities" in self.settings:
            return VOICE_LIVE
        return {"azure": AZURE, "xai": XAI}.get(self.provider, OPENAI)

    @property
    def ready(self) -> int:
        """The number of frames after which the session is open."""
        return next(at for at, frame in enumerate(self.frames) if frame["type"] == "session.updated") + 1

    def session(self, *sockets: FakeSocket, reconnect: bool = False) -> RealtimeSession:
        """A session over sockets, with the recorded functions, which count their calls."""

        def function(name: str) -> Any:
            async def run(**arguments: object) -> str:
                self.runs[name] += 1
                return "done"

            return run

        tools = [
            Tool(tool["name"], "", tool["parameters"], function(tool["name"]))
            for tool in self.settings.get("tools") or []
        ]
        builder = ChatBuilder().with_model(client(*sockets, dialect=self.dialect)).with_tools(tools)
        return builder.with_retry(RetryPolicy(max_retries=0)).build().session(reconnect=reconnect)


@pytest.fixture(params=FOUND, ids=lambda path: path.stem[-30:])
def recorded(request: pytest.FixtureRequest) -> Recorded:
    return Recorded(request.param)


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1011])
async def test_a_session_that_is_closed_after_any_frame_gives_what_had_ended_and_then_an_error(
    recorded: Recorded, code: int
) -> None:
    for cut in range(1, len(recorded.frames) + 1):
        whole = sum(frame["type"] == "response.done" for frame in recorded.frames[:cut])
        socket = FakeSocket().push(*recorded.frames[:cut]).close(code)
        ended: list[object] = []
        with pytest.raises(StreamTruncated) as caught:
            await _play(recorded.session(socket), ended, 0)
        assert sum(map(_ends, ended)) == (whole if cut >= recorded.ready else 0)
        assert caught.value.partial.message.interrupted


async def test_a_session_that_is_closed_after_any_frame_goes_on_where_that_is_wanted(
    recorded: Recorded,
) -> None:
    for cut in range(recorded.ready, len(recorded.frames) + 1):
        recorded.runs.clear()
        whole = sum(frame["type"] == "response.done" for frame in recorded.frames[:cut])
        begun = sum(frame["type"] == "response.created" for frame in recorded.frames[:cut])
        sockets = FakeSocket().push(*recorded.frames[:cut]).close(1011), ready().close(1011)
        session, events = recorded.session(*sockets, reconnect=True), list[object]()
        with pytest.raises(StreamTruncated):
            await _play(session, events, 0)
        ended = [event.response.message.interrupted for event in events if isinstance(event, Done)]
        assert ended == [False] * whole + [True] * (begun - whole)
        assert [m.interrupted for m in session.messages].count(True) <= begun - whole
        assert max(recorded.runs.values(), default=0) <= 1
        history = [frame["item"] for frame in sockets[1].sent if "item" in frame]
        calls = [item["call_id"] for item in history if item["type"] == "function_call"]  # type: ignore[index,call-overload]
        answers = [item["call_id"] for item in history if item["type"] == "function_call_output"]  # type: ignore[index,call-overload]
        assert calls == answers
        assert len(set(calls)) == len(calls)


async def test_an_interruption_at_any_event_keeps_only_what_was_played_and_runs_no_tool_twice(
    recorded: Recorded,
) -> None:
    events = await _interrupted(recorded, at=0)
    assert sum(isinstance(event, Done) for event in events) >= 1
    for at in range(1, len(events) + 1):
        recorded.runs.clear()
        await _interrupted(recorded, at)
        assert max(recorded.runs.values(), default=0) <= 1


async def _interrupted(recorded: Recorded, at: int) -> Sequence[object]:
    """Play a session that is interrupted at its `at`-th event, half of the last speech played."""
    socket = FakeSocket().push(*recorded.frames).close(1000)
    events: list[object] = []
    session = recorded.session(socket)
    with pytest.raises(StreamTruncated):
        await _play(session, events, at)
    calls = [call for message in session.messages for call in message.tool_calls]
    assert Messages.from_json(session.messages.to_json()) == session.messages
    assert len({call.id for call in calls}) == len(calls)
    return events


async def _play(session: RealtimeSession, events: list[object], at: int) -> None:
    async with session:
        async for event in session:
            events.append(event)
            if len(events) == at:
                before = max((n for n, each in enumerate(events[:-1], 1) if _ends(each)), default=0)
                await _check_interruption(session, events[before:])


async def _check_interruption(session: RealtimeSession, turn: Sequence[object]) -> None:
    chunks = [event for event in turn if _is_of_the_model(event)]
    audio = [event for event in turn if isinstance(event, AudioChunk)]
    spoken = [event for event in audio if event.item == audio[-1].item]
    received = sum(len(event.data) for event in spoken)
    played = received // MS // 2
    words = "".join(event.text for event in turn if isinstance(event, TextChunk))
    shown = [event for event in turn if isinstance(event, Transcript) and event.of == "model"]
    await session.interrupt(played if audio or shown else None)
    if audio:
        heard = [event for event in shown if event.item == audio[-1].item]
        whole = [event.text for event in heard if event.final]
        words = whole[0] if whole else "".join(event.text for event in heard)
        words = words[: round(len(words) * min(1.0, played * MS / received))]
    if isinstance(turn[-1], ToolCalled | Done):  # it had ended
        if audio and played * MS < received:
            assert [m.text for m in session.messages if m.role == "model"][-1] == words
        return
    if not chunks:
        return  # it had perhaps not begun
    assert isinstance(await anext(session), Interrupted)
    async for event in session:
        assert not _is_of_the_model(event)
        if isinstance(event, Done):
            break
    assert event.response.message.interrupted
    assert event.response.text == words


def _is_of_the_model(event: object) -> bool:
    return isinstance(event, AudioChunk | TextChunk | ToolCallChunk) or (
        isinstance(event, Transcript) and event.of == "model"
    )


def _ends(event: object) -> bool:
    return isinstance(event, Done)
