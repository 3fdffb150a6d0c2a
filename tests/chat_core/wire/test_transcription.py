"""Transcriptions as servers send them: whole, as events, cut, and as errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import Event, InvalidResponse, ProviderError, RateLimited, StreamTruncated, TextChunk
from chat_core.types.audio import TimedText, TranscriptionDone
from chat_core.wire.transcription import TranscriptionStreamDecoder, decode_transcription

OPENAI = [
    {"type": "transcript.text.delta", "delta": "Good "},
    {"type": "transcript.text.delta", "delta": "morning."},
    {
        "type": "transcript.text.done",
        "text": "Good morning.",
        "languages": [{"code": "en"}],
        "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 3, "total_tokens": 17},
    },
]
MISTRAL = [
    {"type": "transcription.language", "audio_language": "en"},
    {"type": "transcription.text.delta", "text": "Good "},
    {"type": "transcription.segment", "text": "Good morning.", "start": 0.0, "end": 1.5, "speaker_id": "s1"},
    {"type": "transcription.text.delta", "text": "morning."},
    {
        "type": "transcription.done",
        "model": "voxtral-mini",
        "text": "Good morning.",
        "usage": {
            "prompt_audio_seconds": 2,
            "prompt_tokens": 4,
            "completion_tokens": 3,
            "total_tokens": 7,
        },
    },
]
DIARIZED = [
    {
        "type": "transcript.text.segment",
        "id": "a",
        "text": "Good morning.",
        "start": 0,
        "end": 1.5,
        "speaker": "s1",
    },
    {"type": "transcript.text.done", "text": "Good morning."},
]


def fed(frames: list[dict[str, Any]]) -> tuple[list[Any], TranscriptionStreamDecoder]:
    decoder = TranscriptionStreamDecoder()
    return [one for frame in frames for one in decoder.feed(Event("message", json.dumps(frame)))], decoder


@pytest.mark.parametrize("frames", [OPENAI, MISTRAL])
def test_events_become_chunks_and_one_whole_transcription(frames: list[dict[str, Any]]) -> None:
    chunks, decoder = fed(frames)
    assert decoder.finished
    assert [chunk.text for chunk in chunks] == ["Good ", "morning."]
    done = decoder.finish()
    assert isinstance(done, TranscriptionDone)
    assert done.transcription.text == str(done.transcription) == "Good morning."
    assert done.transcription.language == "en"
    assert done.transcription.usage.total_tokens in (17, 7)


@pytest.mark.parametrize("frames", [MISTRAL, DIARIZED])
def test_segments_of_a_stream_are_in_the_whole(frames: list[dict[str, Any]]) -> None:
    _, decoder = fed(frames)
    [segment] = decoder.finish().transcription.segments
    assert segment == TimedText("Good morning.", 0.0, 1.5, "s1")


@pytest.mark.parametrize("frames", [OPENAI, MISTRAL, DIARIZED])
def test_a_stream_that_is_cut_anywhere_is_an_error_with_what_came(frames: list[dict[str, Any]]) -> None:
    for length in range(len(frames)):
        chunks, decoder = fed(frames[:length])
        assert not decoder.finished
        with pytest.raises(StreamTruncated) as error:
            decoder.finish()
        assert error.value.partial.text == "".join(chunk.text for chunk in chunks)


def test_a_model_that_does_not_stream_answers_whole() -> None:
    _, decoder = fed([{"text": "Good morning.", "usage": {"type": "duration", "seconds": 2.5}}])
    transcription = decoder.finish().transcription
    assert (transcription.text, transcription.duration) == ("Good morning.", 2.5)
    assert transcription.usage.input_tokens is None
    assert transcription.usage.raw == {"type": "duration", "seconds": 2.5}


def test_unknown_events_are_passed_over_and_errors_raised() -> None:
    chunks, decoder = fed([{"type": "transcript.new_thing"}, {"type": "transcript.text.delta", "delta": ""}])
    assert chunks == []
    assert not decoder.finished
    with pytest.raises(ProviderError, match="too busy"):
        fed([{"type": "error", "error": {"message": "too busy", "code": "server_error"}}])
    with pytest.raises(InvalidResponse):
        TranscriptionStreamDecoder().feed(Event("message", "<html>"))


def test_times_of_segments_and_words_are_read() -> None:
    body = {
        "text": "Hi you",
        "language": "english",
        "duration": 1.25,
        "segments": [{"id": 0, "text": "Hi you", "start": 0, "end": 1.25, "tokens": [1]}],
        "words": [{"word": "Hi", "start": 0.1, "end": 0.4}, {"word": "you", "start": None, "end": None}],
    }
    transcription = decode_transcription(json.dumps(body).encode())
    assert transcription.language == "english"
    assert transcription.duration == 1.25
    assert transcription.segments == (TimedText("Hi you", 0.0, 1.25),)
    assert transcription.words == (TimedText("Hi", 0.1, 0.4), TimedText("you"))
    assert transcription.raw == body


def test_an_error_under_200_and_a_body_without_a_text_raise() -> None:
    with pytest.raises(RateLimited):
        decode_transcription(b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}')
    for body in (b"{}", b'{"text": null}', b'{"texts": ["a"]}', b"plain"):
        with pytest.raises(InvalidResponse):
            decode_transcription(body)


def test_chunks_are_those_of_a_chat() -> None:
    assert fed(OPENAI[:1])[0] == [TextChunk("Good ")]
