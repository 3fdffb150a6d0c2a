"""What a client does with recordings and with texts that are to be heard, each a turn of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from chat_core import ChatModel, File
from chat_core.client import ProviderClient

from chat_gemini.settings import Settings

if TYPE_CHECKING:
    from chat_core.types.audio import Speech, SpeechEvent, Transcription, TranscriptionEvent


class AudioMethods(ProviderClient[Settings]):
    """Transcriptions and speech of a Gemini model."""

    @abstractmethod
    def _with_settings(self, settings: Settings) -> ChatModel:
        """Return a client with other settings, for the turn of one request."""

    async def transcribe(
        self,
        file: File,
        /,
        *,
        model: str | None = None,
        language: str | None = None,
        prompt: str | None = None,
    ) -> Transcription:
        """Return what is said in a recording or a video, as the model writes it down.

        `language` is what is spoken; `prompt` is added to the task, such as "Tell the speakers apart.".
        Raises a `ChatError`; retries nothing.
        """
        from chat_gemini import audio

        client = self._with_settings(audio.transcribing(self._settings, model))
        response = await client.complete(audio.transcription_request(file, language, prompt))
        return audio.transcription_of(response, language, client.model)

    def stream_transcription(
        self,
        file: File,
        /,
        *,
        model: str | None = None,
        language: str | None = None,
        prompt: str | None = None,
    ) -> AsyncGenerator[TranscriptionEvent]:
        """Yield the text as it is written, ending with exactly one `TranscriptionDone`; as `transcribe`."""
        from chat_gemini import audio

        client = self._with_settings(audio.transcribing(self._settings, model))
        events = client.stream(audio.transcription_request(file, language, prompt))
        return audio.transcription_events(events, language, client.model)

    async def speak(
        self, text: str, /, *, voice: str, model: str | None = None, format: str | None = None
    ) -> Speech:
        """Return a text as speech, by a model such as "gemini-2.5-flash-preview-tts".

        `voice` is such as "Kore"; `format` is "wav" or "pcm". How to speak may stand in the text. Raises a
        `ChatError`; retries nothing.
        """
        from chat_gemini import audio

        format = audio.checked_format(format)
        client = self._with_settings(audio.speaking(self._settings, voice, model))
        response = await client.complete(audio.speech_request(text))
        return audio.speech_of(response, text, format, client.model)

    def stream_speech(
        self, text: str, /, *, voice: str, model: str | None = None, format: str | None = None
    ) -> AsyncGenerator[SpeechEvent]:
        """Yield the speech as it is made, ending with exactly one `SpeechDone`; else as `speak`."""
        from chat_gemini import audio

        format = audio.checked_format(format)
        client = self._with_settings(audio.speaking(self._settings, voice, model))
        return audio.speech_events(client.stream(audio.speech_request(text)), text, format, client.model)
