"""Speech of Gemini's models, as requests of their own: text to speech, and speech to text.

Gemini has no endpoint for either: both are turns. Speech comes as raw samples, 16 bits at 24 kHz, mono
(Google's guide to speech generation, November 2026).
"""

from __future__ import annotations

import io
import re
import wave
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from chat_core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    Done,
    File,
    FileReady,
    InvalidResponse,
    Messages,
    TextChunk,
    TurnEvent,
)
from chat_core.types.audio import (
    Speech,
    SpeechChunk,
    SpeechDone,
    SpeechEvent,
    Transcription,
    TranscriptionDone,
    TranscriptionEvent,
)
from chat_core.types.misuse import checked_instance, checked_text

from chat_gemini.options import GeminiOptions
from chat_gemini.settings import RequestDefaults, Settings

_FORMATS = ("wav", "pcm")
_RATE = re.compile(r"rate=(\d{4,6})")


def speaking(settings: Settings, voice: str, model: str | None) -> Settings:
    """Return the settings of a request for speech: nothing of the client's but its server and its model."""
    speech = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": checked_text(voice, "speak", '"Kore"')}}}
    options = GeminiOptions(speech_config=speech, response_modalities=("AUDIO",))
    return _plain(settings, model, options)


def transcribing(settings: Settings, model: str | None) -> Settings:
    """Return the settings of a request for a transcription."""
    return _plain(settings, model, GeminiOptions(temperature=0.0))


def _plain(settings: Settings, model: str | None, options: GeminiOptions) -> Settings:
    given = settings.defaults
    defaults = RequestDefaults(options, safety=given.safety, endpoint=given.endpoint, extra=given.extra)
    return replace(settings, model=model or settings.model, defaults=defaults)


def checked_format(format: str | None) -> str:
    """Return the format of speech. Raises `ConfigurationError` for one that Gemini does not have."""
    if format is not None and format not in _FORMATS:
        raise ConfigurationError(f"Gemini speaks in wav or pcm, not in {format!r}")
    return format or _FORMATS[0]


def speech_request(text: str) -> ChatRequest:
    """Return the turn that reads a text aloud."""
    return ChatRequest(Messages.from_user(checked_text(text, "speak", '"Hello.", voice="Kore"')))


def transcription_request(file: File, language: str | None, prompt: str | None) -> ChatRequest:
    """Return the turn that writes down what is said in a recording."""
    checked_instance(file, File, "transcribe", "write File.from_path(path)")
    if file.mimetype and file.kind not in ("audio", "video"):
        raise ConfigurationError(f"Gemini transcribes sound and video, not {file.mimetype}")
    spoken = f" The language is {language}." if language else ""
    known = f" {prompt}" if prompt else ""
    task = f"Generate a transcript of the speech. Write nothing but its words.{spoken}{known}"
    return ChatRequest(Messages.from_user(task, file))


def speech_of(response: ChatResponse, text: str, format: str, model: str) -> Speech:
    """Return the speech of a turn. Raises `InvalidResponse` where the turn has none."""
    sounds = [file for file in response.files if file.kind == "audio" and file.data is not None]
    if not sounds:
        why = f"{response.raw_finish_reason or response.finish_reason}: {response.text[:200]!r}"
        raise InvalidResponse(f"the model has not spoken: {why}", response=response)
    data = b"".join(file.data or b"" for file in sounds)
    if format == "wav":
        file = File("audio/wav", _with_header(data, sounds[0].mimetype or ""), transcript=text)
    else:
        file = File(sounds[0].mimetype, data, transcript=text)
    return Speech(file, response.usage, response.model or model)


def transcription_of(response: ChatResponse, language: str | None, model: str) -> Transcription:
    """Return the transcription of a turn. Raises `InvalidResponse` for a turn that was cut or refused."""
    if response.finish_reason != "stop":
        why = response.raw_finish_reason or response.finish_reason
        raise InvalidResponse(f"the transcription is not whole: {why}", response=response)
    return Transcription(
        response.text.strip(),
        language,
        usage=response.usage,
        model=response.model or model,
        raw=response.raw or {},
    )


async def speech_events(
    events: AsyncGenerator[TurnEvent], text: str, format: str, model: str
) -> AsyncGenerator[SpeechEvent]:
    """Yield the speech of a streamed turn. A stream in the wav format begins with a header."""
    has_begun = False
    async with aclosing(events):
        async for event in events:
            match event:
                case FileReady(file) if file.kind == "audio" and file.data:
                    header = b"" if has_begun or format != "wav" else _endless_header(file.mimetype or "")
                    has_begun = True
                    yield SpeechChunk(header + file.data)
                case Done(response):
                    yield SpeechDone(speech_of(response, text, format, model))
                case _:
                    pass


async def transcription_events(
    events: AsyncGenerator[TurnEvent], language: str | None, model: str
) -> AsyncGenerator[TranscriptionEvent]:
    """Yield the text of a streamed turn."""
    async with aclosing(events):
        async for event in events:
            match event:
                case TextChunk():
                    yield event
                case Done(response):
                    yield TranscriptionDone(transcription_of(response, language, model))
                case _:
                    pass


def _with_header(samples: bytes, mimetype: str) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_rate(mimetype))
        file.writeframes(samples)
    return written.getvalue()


def _endless_header(mimetype: str) -> bytes:
    """Return the header of a wav file whose length is not known yet: players read to its end."""
    header = bytearray(_with_header(b"", mimetype))
    header[4:8] = header[40:44] = b"\xff\xff\xff\xff"
    return bytes(header)


def _rate(mimetype: str) -> int:
    found = _RATE.search(mimetype)
    return int(found[1]) if found else 24000
