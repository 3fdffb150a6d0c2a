"""The protocols of clients that turn speech into text, or text into speech."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from chat_core.provider import Provider

if TYPE_CHECKING:
    from chat_core.types.audio import Speech, SpeechEvent, Transcription, TranscriptionEvent
    from chat_core.types.files import File


@runtime_checkable
class TranscriptionProvider(Provider, Protocol):
    """A client that turns speech into text."""

    async def transcribe(
        self, file: File, /, *, model: str | None = None, language: str | None = None
    ) -> Transcription:
        """Return what is said in a recording, by one request. `model` is by default the client's own,
        `language` what is spoken. Raises a `ChatError`; retries nothing."""
        ...


@runtime_checkable
class TranscriptionStreamProvider(TranscriptionProvider, Protocol):
    """A client that yields a transcription while it is made."""

    def stream_transcription(
        self, file: File, /, *, model: str | None = None, language: str | None = None
    ) -> AsyncGenerator[TranscriptionEvent]:
        """Yield the text as it is made, ending with exactly one `TranscriptionDone`. Raises a `ChatError`,
        `StreamTruncated` where the bytes end before the wire's terminal sign; retries nothing."""
        ...


@runtime_checkable
class SpeechProvider(Provider, Protocol):
    """A client that reads text aloud."""

    async def speak(
        self, text: str, /, *, voice: str, model: str | None = None, format: str | None = None
    ) -> Speech:
        """Return a text as speech, by one request, in a `voice` that the server has. `model` is by default
        the client's own. Raises a `ChatError`; retries nothing."""
        ...


@runtime_checkable
class SpeechStreamProvider(SpeechProvider, Protocol):
    """A client that yields speech while it is made."""

    def stream_speech(
        self, text: str, /, *, voice: str, model: str | None = None, format: str | None = None
    ) -> AsyncGenerator[SpeechEvent]:
        """Yield the speech as it is made, ending with exactly one `SpeechDone`. Raises a `ChatError`,
        `StreamTruncated` where the bytes end before the wire's terminal sign; retries nothing."""
        ...
