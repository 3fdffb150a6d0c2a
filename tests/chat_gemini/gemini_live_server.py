"""What a server of the Live API sends, for tests of sessions: messages, over a socket without a network."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from chat_core import Done
from chat_core.realtime import RealtimeSession
from chat_core.testing import FakeSocket, FakeTransport
from chat_gemini.live import LiveBuilder, LiveClient

SETUP_COMPLETE: dict[str, Any] = {"setupComplete": {}}
USAGE = {"promptTokenCount": 10, "responseTokenCount": 5, "thoughtsTokenCount": 2, "totalTokenCount": 15}
MODEL = "gemini-3.8-live"


def ready(*messages: dict[str, Any]) -> FakeSocket:
    """A socket whose server has taken the settings; it sends binary messages, as Google's does."""
    return push(FakeSocket(), SETUP_COMPLETE, *messages)


def push(socket: FakeSocket, *messages: dict[str, Any]) -> FakeSocket:
    return socket.push(*(json.dumps(message).encode() for message in messages))


def client(
    *sockets: FakeSocket,
    model: str = MODEL,
    change: Callable[[LiveBuilder[Any]], LiveBuilder[Any]] = lambda builder: builder,
) -> LiveClient:
    builder = LiveBuilder().with_model(model).with_base_url("http://live.example").with_api_key("a-key")
    return change(builder.with_transport(FakeTransport().accept(*sockets))).build()


def content(**fields: Any) -> dict[str, Any]:
    return {"serverContent": fields}


def written(text: str, **fields: Any) -> dict[str, Any]:
    return content(modelTurn={"parts": [{"text": text, **fields}]})


def words(text: str) -> dict[str, Any]:
    return content(outputTranscription={"text": text})


def heard(text: str, **fields: Any) -> dict[str, Any]:
    return content(inputTranscription={"text": text, **fields})


def speech(data: bytes) -> dict[str, Any]:
    blob = {"mimeType": "audio/pcm;rate=24000", "data": b64encode(data).decode()}
    return content(modelTurn={"parts": [{"inlineData": blob}]})


def called(id: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"toolCall": {"functionCalls": [{"id": id, "name": name, "args": arguments}]}}


def complete(**fields: Any) -> dict[str, Any]:
    return {"serverContent": {"turnComplete": True, **fields}, "usageMetadata": USAGE}


def spoken(text: str) -> list[dict[str, Any]]:
    return [words(text), speech(bytes(4800)), content(generationComplete=True), complete()]


def setup_of(socket: FakeSocket) -> Any:
    return socket.sent[0]["setup"]


def sent(socket: FakeSocket) -> list[Any]:
    """What was sent after the settings."""
    return list(socket.sent[1:])


async def until_done(session: RealtimeSession, count: int = 1) -> Sequence[object]:
    """The events up to the `count`-th `Done`."""
    events: list[object] = []
    async for event in session:
        events.append(event)
        count -= isinstance(event, Done)
        if not count:
            break
    return events
