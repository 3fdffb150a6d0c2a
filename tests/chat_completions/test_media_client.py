"""Speech at the servers of this wire that have it: what goes over the wire, and what comes back."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import pytest
from chat_core import ConfigurationError, File
from chat_core.testing import FakeTransport
from chat_groq import GroqBuilder
from chat_together import TogetherBuilder

Builder: TypeAlias = type[GroqBuilder[Any]] | type[TogetherBuilder[Any]]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("builder", [GroqBuilder, TogetherBuilder])]


def client_of(builder: Builder, transport: FakeTransport) -> Any:
    return builder().with_model("m").with_api_key("k").with_transport(transport).build()


async def test_speech_becomes_text_and_text_speech(builder: Builder) -> None:
    transport = FakeTransport().answer({"text": "Hello."}).answer(b"RIFF\0\0\0\0WAVE")
    client = client_of(builder, transport)
    recording = File("audio/wav", b"RIFF\0\0\0\0WAVE")
    transcription = await client.transcribe(recording, model="whisper", language="en")
    speech = await client.speak(str(transcription), voice="a-voice", model="tts")

    heard, spoken = transport.requests
    assert transcription.text == "Hello."
    assert speech.file == File("audio/wav", b"RIFF\0\0\0\0WAVE", transcript="Hello.")
    assert heard.url.endswith("/audio/transcriptions")
    assert heard.headers["content-type"].startswith("multipart/form-data; boundary=")
    for piece in (
        b'name="model"\r\n\r\nwhisper',
        b'name="language"\r\n\r\nen',
        b'filename="file.wav"',
        b"RIFF",
    ):
        assert piece in heard.body
    assert b'name="prompt"' not in heard.body
    assert spoken.url.endswith("/audio/speech")
    body = {"model": "tts", "input": "Hello.", "voice": "a-voice", "response_format": "wav"}
    assert json.loads(spoken.body) == body


async def test_a_recording_without_bytes_cannot_be_sent(builder: Builder) -> None:
    with pytest.raises(ConfigurationError, match="needs the recording's bytes"):
        await client_of(builder, FakeTransport()).transcribe(File.from_id("file-1"))
    with pytest.raises(ConfigurationError, match="no name or type"):
        await client_of(builder, FakeTransport()).transcribe(File("audio/wav", b"x", name='a"\r\nb'))
