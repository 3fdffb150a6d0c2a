"""Speech as servers send it: whole, as events, cut, and as errors."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from chat_core import Event, File, InvalidResponse, ProviderError, StreamTruncated
from chat_core.types.audio import SpeechChunk
from chat_core.wire.speech import SpeechStreamDecoder, decode_speech, speech_mimetype

SOUND = bytes(range(250))


def frames(field: str) -> list[dict[str, Any]]:
    pieces = [SOUND[:99], SOUND[99:100], SOUND[100:]]
    deltas = [
        {"type": "speech.audio.delta", field: base64.b64encode(piece).decode("ascii")} for piece in pieces
    ]
    usage = {"input_tokens": 3, "output_tokens": 40, "total_tokens": 43}
    return [*deltas, {"type": "speech.audio.done", "usage": usage}]


def fed(given: list[dict[str, Any]]) -> tuple[list[Any], SpeechStreamDecoder]:
    decoder = SpeechStreamDecoder(text="Hello.", format="mp3", model="tts")
    return [one for frame in given for one in decoder.feed(Event("message", json.dumps(frame)))], decoder


@pytest.mark.parametrize("field", ["audio", "audio_data"])
def test_events_become_chunks_and_one_whole_file(field: str) -> None:
    chunks, decoder = fed(frames(field))
    assert decoder.finished
    assert all(isinstance(chunk, SpeechChunk) for chunk in chunks)
    speech = decoder.finish().speech
    assert b"".join(chunk.data for chunk in chunks) == SOUND
    assert speech.file == File("audio/mpeg", SOUND, transcript="Hello.")
    assert (speech.usage.total_tokens, speech.model) == (43, "tts")


@pytest.mark.parametrize("field", ["audio", "audio_data"])
def test_a_stream_that_is_cut_anywhere_is_an_error_with_what_came(field: str) -> None:
    whole = frames(field)
    for length in range(len(whole)):
        chunks, decoder = fed(whole[:length])
        with pytest.raises(StreamTruncated) as error:
            decoder.finish()
        came = b"".join(file.data or b"" for file in error.value.partial.files)
        assert came == b"".join(chunk.data for chunk in chunks)


def test_errors_and_unreadable_events_raise() -> None:
    with pytest.raises(ProviderError, match="no such voice"):
        fed([{"error": {"message": "no such voice", "type": "invalid_request_error"}}])
    with pytest.raises(InvalidResponse, match="not base64"):
        fed([{"type": "speech.audio.delta", "audio": "???"}])
    assert fed([{"type": "speech.new_thing"}, {"type": "speech.audio.delta", "audio": ""}])[0] == []


def test_a_whole_body_is_the_sound_or_json_with_it() -> None:
    plain = decode_speech(SOUND, text="Hi", format="wav", model="tts")
    body = json.dumps({"audio_data": base64.b64encode(SOUND).decode()}).encode()
    assert decode_speech(body, text="Hi", format="wav", model="tts") == plain
    assert plain.file == File("audio/wav", SOUND, transcript="Hi")


def test_an_error_under_200_and_a_body_without_sound_raise() -> None:
    for body in (b"", b"{}", b'{"audio_data": 3}', b'{"audio_data": "?"}'):
        with pytest.raises(InvalidResponse):
            decode_speech(body, text="Hi", format="wav", model="tts")
    with pytest.raises(ProviderError, match="no voice"):
        decode_speech(b'{"error": {"message": "no voice"}}', text="Hi", format="wav", model="tts")


def test_formats_have_types() -> None:
    types = [speech_mimetype(format) for format in ("wav", "mp3", "opus", "pcm", "flac", "mulaw")]
    assert types == ["audio/wav", "audio/mpeg", "audio/ogg", "audio/pcm", "audio/flac", "audio/basic"]
