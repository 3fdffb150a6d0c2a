"""What Groq has beyond the wire goes over it in Groq's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import ChatBuilder, ConfigurationError, File, Messages
from chat_core.testing import FakeTransport
from chat_groq import GroqBuilder

pytestmark = pytest.mark.anyio
GOOD = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}


async def sent(builder: Any, messages: Messages | None = None) -> dict[str, Any]:
    """The body of a request of a client of this builder."""
    transport = FakeTransport().answer(GOOD)
    client = builder.with_model("m").with_api_key("k").with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(messages or Messages.from_user("Hello"))
    return transport.last_body


def client_of(transport: FakeTransport) -> Any:
    return GroqBuilder().with_model("m").with_api_key("k").with_transport(transport).build()


async def test_options_go_over_the_wire_in_groqs_words() -> None:
    builder = GroqBuilder().with_reasoning("low", format="parsed").with_service_tier("flex")
    builder = builder.with_compound_tools("web_search", "code_interpreter").with_tool_validation(False)
    body = await sent(builder.with_search_domains(include=["a.example"], country="switzerland"))

    del body["messages"], body["model"]
    assert body == {
        "reasoning_effort": "low",
        "reasoning_format": "parsed",
        "service_tier": "flex",
        "compound_custom": {"tools": {"enabled_tools": ["web_search", "code_interpreter"]}},
        "disable_tool_validation": True,
        "search_settings": {"include_domains": ["a.example"], "country": "switzerland"},
    }


async def test_speech_becomes_text_and_text_speech() -> None:
    transport = FakeTransport().answer({"text": "Hello."}).answer(b"RIFF\0\0\0\0WAVE")
    client = client_of(transport)
    text = await client.transcribe(File("audio/wav", b"RIFF\0\0\0\0WAVE"), model="whisper", language="en")
    speech = await client.speak(text, voice="a-voice", model="tts")

    heard, spoken = transport.requests
    assert (text, speech.mimetype, speech.data) == ("Hello.", "audio/wav", b"RIFF\0\0\0\0WAVE")
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


async def test_a_recording_without_bytes_cannot_be_sent() -> None:
    with pytest.raises(ConfigurationError, match="needs the file's bytes"):
        await client_of(FakeTransport()).transcribe(File.from_url("https://a.example/a.wav"))
    with pytest.raises(ConfigurationError, match="no name or type"):
        await client_of(FakeTransport()).transcribe(File("audio/wav", b"x", name='a"\r\nb'))
