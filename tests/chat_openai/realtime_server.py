"""What a realtime server sends, for tests of sessions: frames, over a socket without a network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from chat_core import Done
from chat_core.realtime import RealtimeSession
from chat_core.testing import FakeSocket, FakeTransport
from chat_openai.realtime import OPENAI, Dialect, RealtimeBuilder, RealtimeClient

READY = (
    {"type": "session.created", "session": {"model": "gpt-realtime-2-2026"}},
    {"type": "session.updated", "session": {"model": "gpt-realtime-2-2026"}},
)
USAGE = {
    "input_tokens": 10,
    "output_tokens": 5,
    "total_tokens": 15,
    "input_token_details": {"cached_tokens": 4},
}


def ready(*frames: dict[str, Any]) -> FakeSocket:
    return FakeSocket().push(*READY, *frames)


def client(
    *sockets: FakeSocket,
    dialect: Dialect = OPENAI,
    change: Callable[[RealtimeBuilder[Any]], RealtimeBuilder[Any]] = lambda builder: builder,
) -> RealtimeClient:
    builder = RealtimeBuilder(dialect).with_model("gpt-realtime-2").with_base_url("http://realtime.example")
    return change(builder.with_api_key("k").with_transport(FakeTransport().accept(*sockets))).build()


def created(id: str = "r1", **fields: Any) -> dict[str, Any]:
    return {"type": "response.created", "response": {"id": id, "status": "in_progress", **fields}}


def done(
    id: str = "r1", *output: dict[str, Any], status: str = "completed", **details: Any
) -> dict[str, Any]:
    response = {"id": id, "status": status, "output": list(output), "usage": USAGE, **details}
    return {"type": "response.done", "response": response}


def words(text: str, id: str = "r1") -> dict[str, Any]:
    return {"type": "response.output_text.delta", "response_id": id, "item_id": f"i_{id}", "delta": text}


def spoken(data: bytes, text: str, id: str = "r1") -> list[dict[str, Any]]:
    about = {"response_id": id, "item_id": f"i_{id}"}
    return [
        {"type": "response.output_audio.delta", **about, "delta": b64encode(data).decode()},
        {"type": "response.output_audio_transcript.delta", **about, "delta": text},
    ]


def message(text: str, id: str = "r1") -> dict[str, Any]:
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "id": f"i_{id}", "role": "assistant", "content": content}


def call(id: str, name: str, arguments: str = "{}") -> dict[str, Any]:
    return {"type": "function_call", "id": f"i_{id}", "call_id": id, "name": name, "arguments": arguments}


def turn(text: str, id: str = "r1") -> list[dict[str, Any]]:
    return [created(id), words(text, id), done(id, message(text, id))]


def types(socket: FakeSocket, start: int = 1) -> list[str]:
    """What was sent, without the settings; an item by its own type."""
    sent: list[Any] = list(socket.sent[start:])
    return [str(frame["item"]["type"] if "item" in frame else frame["type"]) for frame in sent]


async def until_done(session: RealtimeSession, count: int = 1) -> Sequence[object]:
    """The events up to the `count`-th `Done`."""
    events: list[object] = []
    async for event in session:
        events.append(event)
        count -= isinstance(event, Done)
        if not count:
            break
    return events
