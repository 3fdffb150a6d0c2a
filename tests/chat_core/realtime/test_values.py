"""The values of sessions: events that a browser can read, and protocols that can be looked up."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from chat_core import JsonValue
from chat_core.realtime import (
    AudioChunk,
    Interrupted,
    RealtimeCapabilities,
    RealtimeProvider,
    Reconnected,
    SpeechStarted,
    SpeechStopped,
    Transcript,
)
from chat_core.testing import ScriptedProvider
from chat_core.types.event_schema import EventJson
from pydantic import ConfigDict, TypeAdapter


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (
            AudioChunk(b"\x00\x01", "i1"),
            {"type": "audio_chunk", "data": b64encode(b"\x00\x01").decode(), "item": "i1"},
        ),
        (
            Transcript("Hi", "user", final=True),
            {"type": "transcript", "text": "Hi", "of": "user", "final": True, "item": ""},
        ),
        (SpeechStarted(20, "i"), {"type": "speech_started", "at_ms": 20, "item": "i"}),
        (SpeechStopped(), {"type": "speech_stopped", "at_ms": None, "item": ""}),
        (Interrupted("i"), {"type": "interrupted", "item": "i"}),
        (Reconnected(restored=True), {"type": "reconnected", "restored": True}),
    ],
)
def test_each_event_is_a_line_of_json_for_a_browser(
    event: AudioChunk | Transcript | SpeechStarted | SpeechStopped | Interrupted | Reconnected,
    shown: dict[str, JsonValue],
) -> None:
    assert json.loads(event.to_json()) == shown
    assert "\n" not in event.to_json()
    form = TypeAdapter[EventJson](EventJson, config=ConfigDict(extra="forbid"))
    assert form.validate_json(event.to_json(), strict=True) == shown


def test_no_repr_shows_the_bytes_of_speech() -> None:
    assert repr(AudioChunk(b"\x00" * 9000, "i1")) == "AudioChunk(item='i1')"


def test_capabilities_are_what_most_servers_have_until_a_provider_says_otherwise() -> None:
    usual = RealtimeCapabilities()
    assert (usual.outputs, usual.input_rate, usual.output_rate) == (("audio",), 24000, 24000)
    assert usual.requests_responses
    assert not usual.restores_history


def test_a_client_without_sessions_is_no_realtime_provider() -> None:
    assert not isinstance(ScriptedProvider(["Hi"]), RealtimeProvider)
