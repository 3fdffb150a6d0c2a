"""Speech of Gemini's models, and recordings that they write down."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

import pytest
from chat_core import ConfigurationError, File, InvalidResponse, StreamTruncated, TextChunk
from chat_core.provider.speech import SpeechStreamProvider, TranscriptionStreamProvider
from chat_core.testing import FakeTransport
from chat_core.types.audio import SpeechChunk, SpeechDone, TranscriptionDone
from chat_gemini import GeminiBuilder

pytestmark = pytest.mark.anyio

SAMPLES = bytes(range(100)) * 2
RECORDING = File("audio/wav", b"RIFF\0\0\0\0WAVE")


def client_of(transport: FakeTransport) -> Any:
    builder = GeminiBuilder().with_model("gemini-2.5-flash-preview-tts").with_api_key("k")
    return builder.with_google_search().with_media_resolution("high").with_transport(transport).build()


def turn(*parts: dict[str, Any], end: str | None = "STOP") -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}}
    if end is not None:
        candidate["finishReason"] = end
    usage = {"promptTokenCount": 4, "candidatesTokenCount": 50, "totalTokenCount": 54}
    return {"candidates": [candidate], "usageMetadata": usage}


def sound(data: bytes) -> dict[str, Any]:
    encoded = base64.b64encode(data).decode("ascii")
    return {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=16000", "data": encoded}}


async def test_a_client_has_all_four_capabilities() -> None:
    client = client_of(FakeTransport())
    assert isinstance(client, SpeechStreamProvider)
    assert isinstance(client, TranscriptionStreamProvider)


async def test_speech_is_a_file_that_players_know() -> None:
    transport = FakeTransport().answer(turn(sound(SAMPLES)))
    speech = await client_of(transport).speak("Say cheerfully: Hi!", voice="Kore")
    body = transport.last_body
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Say cheerfully: Hi!"}]}]
    assert body["generationConfig"] == {
        "responseModalities": ["AUDIO"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
    }
    assert "tools" not in body
    assert (speech.file.mimetype, speech.usage.output_tokens) == ("audio/wav", 50)
    assert speech.file.transcript == "Say cheerfully: Hi!"
    with wave.open(io.BytesIO(speech.file.data or b"")) as played:
        assert (played.getframerate(), played.getsampwidth(), played.getnchannels()) == (16000, 2, 1)
        assert played.readframes(1000) == SAMPLES


async def test_raw_samples_come_as_the_server_sends_them() -> None:
    transport = FakeTransport().answer(turn(sound(SAMPLES)))
    speech = await client_of(transport).speak("Hi!", voice="Kore", model="other-tts", format="pcm")
    assert (speech.file.mimetype, speech.file.data) == ("audio/L16;codec=pcm;rate=16000", SAMPLES)
    assert "models/other-tts:generateContent" in transport.requests[0].url


async def test_speech_streams_and_begins_with_one_header() -> None:
    pieces = [turn(sound(SAMPLES[:50]), end=None), turn(sound(SAMPLES[50:]))]
    transport = FakeTransport().answer(pieces)
    events = [event async for event in client_of(transport).stream_speech("Hi!", voice="Kore")]
    assert [type(event) for event in events] == [SpeechChunk, SpeechChunk, SpeechDone]
    assert events[0].data[:4] == b"RIFF"
    assert events[0].data[44:] + events[1].data == SAMPLES
    with wave.open(io.BytesIO(events[2].speech.file.data)) as played:
        assert played.readframes(1000) == SAMPLES


async def test_a_cut_stream_is_an_error() -> None:
    transport = FakeTransport().answer([turn(sound(SAMPLES[:50]), end=None)])
    transport.answer([turn({"text": "Guten"}, end=None)])
    with pytest.raises(StreamTruncated):
        _ = [event async for event in client_of(transport).stream_speech("Hi!", voice="Kore")]
    with pytest.raises(StreamTruncated):
        _ = [event async for event in client_of(transport).stream_transcription(RECORDING)]


async def test_a_recording_is_written_down() -> None:
    transport = FakeTransport().answer(turn({"text": "Guten Tag.\n"}))
    transcription = await client_of(transport).transcribe(
        RECORDING, language="German", prompt="Tell the speakers apart."
    )
    assert transcription.text == "Guten Tag."
    [text, recording] = transport.last_body["contents"][0]["parts"]  # type: ignore[index,call-overload]  # JSON
    assert "The language is German." in text["text"]
    assert text["text"].endswith("Tell the speakers apart.")
    assert recording["inlineData"]["mimeType"] == "audio/wav"
    assert "tools" not in transport.last_body


async def test_a_transcription_streams() -> None:
    transport = FakeTransport().answer([turn({"text": "Guten "}, end=None), turn({"text": "Tag."})])
    events = [event async for event in client_of(transport).stream_transcription(RECORDING)]
    assert events[:-1] == [TextChunk("Guten "), TextChunk("Tag.")]
    assert isinstance(events[-1], TranscriptionDone)
    assert events[-1].transcription.text == "Guten Tag."


async def test_a_turn_without_speech_or_that_was_cut_is_an_error() -> None:
    transport = FakeTransport().answer(turn({"text": "I cannot sing."}))
    transport.answer(turn({"text": "Guten"}, end="MAX_TOKENS"))
    client = client_of(transport)
    with pytest.raises(InvalidResponse, match="has not spoken: STOP: 'I cannot"):
        await client.speak("Sing!", voice="Kore")
    with pytest.raises(InvalidResponse, match="not whole: MAX_TOKENS"):
        await client.transcribe(RECORDING)


async def test_what_gemini_does_not_have_is_refused_before_anything_is_sent() -> None:
    client = client_of(FakeTransport())
    with pytest.raises(ConfigurationError, match="wav or pcm, not in 'mp3'"):
        await client.speak("Hi!", voice="Kore", format="mp3")
    with pytest.raises(ConfigurationError, match="sound and video, not image/png"):
        await client.transcribe(File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png"))
