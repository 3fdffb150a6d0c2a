"""OpenAI's own client as a judge: it reads what we read, and our events are what it could send."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import openai
import pytest
from chat_core import (
    ChatBuilder,
    ChatOptions,
    Done,
    File,
    Messages,
    StreamTruncated,
    Text,
    ToolCall,
    tool,
)
from chat_core.types.call_status import Completed
from chat_core.types.message import Message
from chat_openai import approval, approval_requests
from chat_openai.realtime import AZURE, OPENAI, RealtimeBuilder
from openai.types.realtime import (
    ConversationItemCreateEvent,
    ConversationItemTruncateEvent,
    InputAudioBufferAppendEvent,
    InputAudioBufferClearEvent,
    InputAudioBufferCommitEvent,
    ResponseCancelEvent,
    ResponseCreateEvent,
    SessionUpdateEvent,
)
from openai.types.realtime.client_secret_create_params import ClientSecretCreateParams
from pydantic import BaseModel, TypeAdapter
from realtime_server import call, client, created, done, ready, spoken, turn, until_done
from websockets.sync.server import ServerConnection, serve

RECORDINGS = Path(__file__).parents[3] / "shared/recordings"
FOUND = [
    path
    for folder in ("azure", "openai")
    for path in sorted((RECORDINGS / folder).glob("*ws*.json"))
    if ".expected" not in path.name
    and "voice-live" not in path.name  # another form of the protocol, which that client does not speak
    and '"openai-realtime"' in path.read_text()[:3000]
]
EVENTS: dict[str, type[BaseModel]] = {
    "session.update": SessionUpdateEvent,
    "conversation.item.create": ConversationItemCreateEvent,
    "conversation.item.truncate": ConversationItemTruncateEvent,
    "input_audio_buffer.append": InputAudioBufferAppendEvent,
    "input_audio_buffer.clear": InputAudioBufferClearEvent,
    "input_audio_buffer.commit": InputAudioBufferCommitEvent,
    "response.cancel": ResponseCancelEvent,
    "response.create": ResponseCreateEvent,
}


@tool
async def weather(city: str) -> str:
    """Look up the weather."""
    return f"foggy in {city}"


@contextmanager
def scripted(frames: list[dict[str, Any]]) -> Iterator[str]:
    """A server that sends recorded events once it has been told the settings; gives its URL."""

    def handle(socket: ServerConnection) -> None:
        socket.send(json.dumps(frames[0]))
        assert json.loads(socket.recv(10))["type"] == "session.update"
        for frame in frames[1:]:
            socket.send(json.dumps(frame))

    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # that client has no other
@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem[-30:])
async def test_both_read_the_same_of_a_recorded_session(path: Path) -> None:
    recorded = json.loads(await anyio.Path(path).read_text())["frames"]
    frames = [frame["json"] for frame in recorded if frame["dir"] == "received"]
    with scripted(frames) as url:
        theirs = await _with_their_client(url, len(frames))
        ours = await _with_our_client(url)
    assert theirs
    assert ours == theirs


async def _with_their_client(url: str, count: int) -> list[dict[str, Any]]:
    """The responses, as the events of their client have them."""
    turns: list[dict[str, Any]] = []
    audio, words = b"", ""
    async with (
        openai.AsyncOpenAI(api_key="k", base_url=url) as sdk,
        sdk.realtime.connect(model="gpt-realtime-2") as connection,
    ):
        await connection.session.update(session={"type": "realtime"})
        for _ in range(count):
            event = await connection.recv()
            match event.type:
                case "response.output_audio.delta":
                    audio += b64decode(event.delta)
                case "response.output_text.delta" | "response.output_audio_transcript.delta":
                    words += event.delta
                case "response.done":
                    usage = event.response.usage
                    turns.append(
                        {
                            "text": words,
                            "audio": audio,
                            "calls": [
                                (item.call_id, item.name, json.loads(item.arguments or ""))
                                for item in event.response.output or []
                                if item.type == "function_call"
                            ],
                            "usage": (usage.input_tokens, usage.output_tokens) if usage else (None, None),
                            "status": event.response.status,
                            "id": event.response.id,
                        }
                    )
                    audio, words = b"", ""
                case _:
                    pass
    return turns


async def _with_our_client(url: str) -> list[dict[str, Any]]:
    builder = RealtimeBuilder().with_model("gpt-realtime-2").with_api_key("k").with_base_url(url)
    turns: list[dict[str, Any]] = []
    async with builder.build() as ours:
        with pytest.raises(StreamTruncated):
            await _play(ours, turns)
    return turns


async def _play(ours: Any, turns: list[dict[str, Any]]) -> None:
    async with ChatBuilder().with_model(ours).build().session() as session:
        async for event in session:
            if isinstance(event, Done):
                response = event.response
                turns.append(
                    {
                        "text": response.text,
                        "audio": b"".join(file.data or b"" for file in response.files),
                        "calls": [
                            (each.native.data["call_id"], each.name, each.arguments)  # type: ignore[union-attr]
                            for each in response.tool_calls
                        ],
                        "usage": (response.usage.input_tokens, response.usage.output_tokens),
                        "status": response.raw_finish_reason,
                        "id": response.id,
                    }
                )


def _conforms(frame: dict[str, Any]) -> None:
    """Check an event against their types: nothing of a wrong type, and nothing that they have not."""
    event = EVENTS[frame["type"]].model_validate(frame)
    assert list(_unknown(event)) == []


def _unknown(value: object) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{type(value).__name__}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name))
    elif isinstance(value, list):
        for each in value:
            yield from _unknown(each)


@pytest.mark.anyio
@pytest.mark.parametrize("dialect", [OPENAI, AZURE], ids=["openai", "azure"])
async def test_all_that_we_send_is_of_the_types_of_their_client(dialect: Any) -> None:
    request = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "x", "arguments": "{}"}
    socket = ready(created(), *spoken(b"\x00\x01" * 24000, "one two"))

    def change(builder: RealtimeBuilder[Any]) -> RealtimeBuilder[Any]:
        chosen = builder.with_voice("marin", speed=1.1).with_turn_detection(None)
        chosen = chosen.with_transcription(language="de").with_noise_reduction("near_field")
        return chosen.with_native_tools(
            [{"type": "mcp", "server_label": "d", "server_url": "https://m.example"}]
        )

    options = ChatOptions(max_tokens=99, tool_choice="weather", parallel_tool_calls=False)
    built = ChatBuilder().with_model(client(socket, dialect=dialect, change=change)).with_tools([weather])
    async with built.with_options(options).build().session(_history()) as session:
        await session.clear()
        await session.send(b"\x00\x01")
        await session.commit()
        async for event in session:
            if event == spoken_words("one two"):
                break
        await session.interrupt(played_ms=300)
        socket.push(done("r1", status="cancelled"), *turn("x", "r2")[:1])
        socket.push(done("r2", call("c9", "weather", '{"city": "A"}'), request))
        events = await until_done(session, 2)
        await anext(session)
        await session.send(File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png"))
        await session.send(approval(approval_requests(events[-1].response.message)[0]))  # type: ignore[attr-defined]
        await session.respond("Classify.", metadata={"kind": "check"}, apart=True)
    for frame in socket.sent:
        _conforms(frame)
    types = {frame["type"] for frame in socket.sent}
    assert types == set(EVENTS)


def spoken_words(text: str) -> Any:
    from chat_core.realtime import Transcript

    return Transcript(text, item="i_r1")


def _history() -> Messages:
    messages = Messages.from_system("Be short.")
    messages.add_user("Weather?", File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png"))
    called = ToolCall("c1", "weather", {"city": "A"})
    called.status = Completed("foggy")
    messages.append(Message("model", [Text("I look."), called]))
    return messages


@pytest.mark.anyio
@pytest.mark.parametrize("detection", ["server_vad", "semantic_vad"])
async def test_sessions_that_listen_or_only_transcribe_and_client_secrets_are_of_their_types(
    detection: Any,
) -> None:
    from chat_core.testing import FakeTransport

    socket = ready()
    changes = [
        lambda b: b.with_output("text").with_turn_detection(detection, create_response=False),
        lambda b: b.with_transcripts_only().with_turn_detection(detection),
    ]
    for change in changes:
        socket = ready()
        async with ChatBuilder().with_model(client(socket, change=change)).build().session():
            pass
        _conforms(socket.sent[0])
        transport = FakeTransport().answer({"value": "ek"})
        secret = change(RealtimeBuilder().with_model("m").with_api_key("k").with_transport(transport)).build()
        await secret.create_client_secret(seconds=60)
        adapter: TypeAdapter[Any] = TypeAdapter(ClientSecretCreateParams)
        adapter.validate_python(transport.last_body)
