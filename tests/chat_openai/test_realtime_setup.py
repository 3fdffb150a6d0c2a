"""Sessions that only transcribe."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, ChatOptions, ConfigurationError, Messages, tool
from chat_core.realtime import SpeechStarted, Transcript
from chat_core.testing import FakeTransport
from chat_openai.realtime import OPENAI, XAI, Dialect, RealtimeBuilder
from realtime_server import client, ready, types

pytestmark = pytest.mark.anyio
WORDS = "conversation.item.input_audio_transcription"


def transcriber(socket: Any, dialect: Dialect = OPENAI, **detection: Any) -> Any:
    def change(builder: RealtimeBuilder[Any]) -> RealtimeBuilder[Any]:
        chosen = builder.with_transcripts_only().with_transcription(language="de")
        return chosen.with_noise_reduction("far_field").with_turn_detection("server_vad", threshold=0.4)

    return client(socket, dialect=dialect, change=change)


async def test_a_session_that_only_transcribes_gives_words_and_no_answers() -> None:
    socket = ready(
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "u1"},
        {"type": "input_audio_buffer.committed", "item_id": "u1"},
        {"type": f"{WORDS}.delta", "item_id": "u1", "delta": "Guten "},
        {"type": f"{WORDS}.completed", "item_id": "u1", "transcript": "Guten Tag"},
    )
    async with ChatBuilder().with_model(transcriber(socket)).build().session() as session:
        await session.send(b"\x00\x00")
        events = [await anext(session) for _ in range(3)]
        await session.respond()
    assert events == [
        SpeechStarted(0, "u1"),
        Transcript("Guten ", "user", item="u1"),
        Transcript("Guten Tag", "user", final=True, item="u1"),
    ]
    assert [(m.role, m.text) for m in session.messages] == [("user", "Guten Tag")]
    sent: Any = socket.sent[0]["session"]
    assert sent["type"] == "transcription"
    assert sent["audio"]["input"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "turn_detection": {"type": "server_vad", "threshold": 0.4},
        "transcription": {"language": "de", "model": "gpt-realtime-2"},
        "noise_reduction": {"type": "far_field"},
    }
    assert types(socket) == ["input_audio_buffer.append"]


async def test_it_has_an_address_of_its_own() -> None:
    transport = FakeTransport().accept(ready())
    builder = RealtimeBuilder().with_model("gpt-4o-transcribe").with_api_key("k").with_transcripts_only()
    await builder.with_transport(transport).build().connect()
    assert transport.requests[0].url == "https://api.openai.com/v1/realtime?intent=transcription"


async def test_push_to_talk_transcribes_what_was_committed() -> None:
    socket = ready()

    def change(builder: RealtimeBuilder[Any]) -> RealtimeBuilder[Any]:
        return builder.with_transcripts_only().with_turn_detection(None)

    async with ChatBuilder().with_model(client(socket, change=change)).build().session() as session:
        await session.send(b"\x00\x00")
        await session.commit()
    assert types(socket) == ["input_audio_buffer.append", "input_audio_buffer.commit"]
    sent: Any = socket.sent[0]["session"]
    assert sent["audio"]["input"]["turn_detection"] is None


async def test_what_it_has_no_place_for_is_refused() -> None:
    @tool
    async def weather() -> str:
        """Look up the weather."""
        return "foggy"

    chat = ChatBuilder().with_model(transcriber(ready()))
    for built, messages, refused in (
        (chat.with_tools([weather]).build(), Messages(), "has no tools"),
        (chat.build(), Messages.from_system("Be short."), "with_transcription\\(prompt"),
        (chat.with_options(ChatOptions(max_tokens=5)).build(), Messages(), "has no options"),
        (ChatBuilder().with_model(transcriber(ready(), XAI)).build(), Messages(), "with_transcripts_only"),
    ):
        with pytest.raises(ConfigurationError, match=refused):
            async with built.session(messages):
                pass
    async with ChatBuilder().with_model(transcriber(ready())).build().session() as session:
        with pytest.raises(ConfigurationError, match="takes speech"):
            await session.send("Hi")
