"""Clients of the audio endpoints of OpenAI's form: transcriptions and speech, whole and as events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, TypeAlias, TypeVar

from chat_core.client.base import ClientSettings, ProviderClient
from chat_core.client.exchange import stream_response
from chat_core.types.audio import Speech, SpeechEvent, Transcription, TranscriptionEvent
from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.misuse import checked_instance, checked_text
from chat_core.wire.multipart import Form, encode_form
from chat_core.wire.speech import SpeechStreamDecoder, decode_speech
from chat_core.wire.transcription import TranscriptionStreamDecoder, decode_transcription

S = TypeVar("S", bound=ClientSettings)

Timestamps: TypeAlias = Literal["segment", "word"]

_RECORDINGS = frozenset(
    {
        *("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/mpeg", "audio/mp3", "audio/mp4"),
        *("audio/m4a", "audio/x-m4a", "audio/flac", "audio/x-flac", "audio/ogg", "audio/opus", "audio/webm"),
        *("video/mp4", "video/mpeg", "video/webm", "video/ogg"),
    }
)


@dataclass(frozen=True, slots=True)
class AudioRules:
    """What the audio endpoints of one server take.

    - `url_field`, `id_field`: the field of the form for a file by URL or by id; None where it takes none
    - `takes_prompt`: whether a text may guide a transcription
    - `timed_format`: the `response_format` that brings timestamps, None where it has them in any
    - `voice_field`, `formats`: the field of the voice, and the formats of speech; the first is the default
    - `sound_stream`: the fields that request speech as events; None where it does not stream
    """

    name: str
    url_field: str | None = None
    id_field: str | None = None
    takes_prompt: bool = True
    timed_format: str | None = "verbose_json"
    voice_field: str = "voice"
    formats: tuple[str, ...] = ("wav", "mp3")
    sound_stream: Mapping[str, object] | None = None


class TranscribingClient(ProviderClient[S]):
    """A client whose server turns speech into text."""

    AUDIO: ClassVar[AudioRules]

    @property
    def _audio_path(self) -> str:
        """The path under the base URL that the audio endpoints have."""
        return "/audio"

    async def transcribe(
        self,
        file: File,
        /,
        *,
        model: str | None = None,
        language: str | None = None,
        prompt: str | None = None,
        timestamps: Timestamps | None = None,
        options: Mapping[str, object] | None = None,
    ) -> Transcription:
        """Return what is said in a recording.

        `model` is by default the client's own. `language` is what is spoken, such as "de"; `prompt` guides
        the model, by words that it has to know, say. `timestamps` requests the times of segments or words.
        `options` are further fields of the server's endpoint. Raises `ConfigurationError` for what the server
        does not take, and a `ChatError`; retries nothing.
        """
        form = self._form(file, model, language, prompt, timestamps, options or {})
        headers = {"content-type": form.content_type}
        path = f"{self._audio_path}/transcriptions"
        return await self._send("POST", path, decode_transcription, form.body, headers)

    def _form(
        self,
        file: File,
        model: str | None,
        language: str | None,
        prompt: str | None,
        timestamps: Timestamps | None,
        more: Mapping[str, object],
    ) -> Form:
        rules = self.AUDIO
        checked_instance(file, File, "transcribe", "write File.from_path(path)")
        if prompt is not None and not rules.takes_prompt:
            raise ConfigurationError(f"{rules.name} takes no prompt for a transcription: leave it out")
        fields: dict[str, object] = {"model": model or self.model, "language": language, "prompt": prompt}
        if timestamps is not None:
            fields |= {"timestamp_granularities[]": timestamps, "response_format": rules.timed_format}
        if file.data is not None:
            return encode_form({**fields, **more}, _checked_recording(file, rules))
        place = rules.url_field if file.url is not None else rules.id_field
        if place is None:
            raise ConfigurationError(
                f"{rules.name} needs the recording's bytes: read {file.url or file.id} and pass "
                "File.from_bytes(...)"
            )
        return encode_form({**fields, place: file.url or file.id, **more})


class StreamingTranscribingClient(TranscribingClient[S]):
    """A client whose server sends a transcription while it is made."""

    def stream_transcription(
        self,
        file: File,
        /,
        *,
        model: str | None = None,
        language: str | None = None,
        prompt: str | None = None,
        options: Mapping[str, object] | None = None,
    ) -> AsyncGenerator[TranscriptionEvent]:
        """Yield the text as it is made, ending with exactly one `TranscriptionDone`; else as `transcribe`.

        Raises `StreamTruncated` where the bytes end before the terminal sign. Raises `ConfigurationError` for
        what this server does not take, such as a prompt or a file by its URL.
        """
        form = self._form(file, model, language, prompt, None, {"stream": "true", **(options or {})})
        headers = {"content-type": form.content_type}
        request = self._request("POST", f"{self._audio_path}/transcriptions", form.body, headers)
        decoder = TranscriptionStreamDecoder()
        return stream_response(self._settings.transport, request, decoder, self._decode_error, self._logger)


class SpeakingClient(ProviderClient[S]):
    """A client whose server reads text aloud."""

    AUDIO: ClassVar[AudioRules]

    @property
    def _audio_path(self) -> str:
        """The path under the base URL that the audio endpoints have."""
        return "/audio"

    async def speak(
        self,
        text: str,
        /,
        *,
        voice: str,
        model: str | None = None,
        format: str | None = None,
        options: Mapping[str, object] | None = None,
    ) -> Speech:
        """Return a text as speech.

        `voice` is one that the server has; `model` is by default the client's own; `format` is such as "mp3",
        by default "wav". `options` are further fields of the server's endpoint. Raises `ConfigurationError`
        for a format that the server does not have, and a `ChatError`; retries nothing.
        """
        format = self._checked_format(format)
        body = self._speech_body(text, voice, model, format, options or {})
        decode = partial(decode_speech, text=text, format=format, model=model or self.model)
        return await self._send("POST", f"{self._audio_path}/speech", decode, body)

    def _checked_format(self, format: str | None) -> str:
        formats = self.AUDIO.formats
        if format is not None and format not in formats:
            raise ConfigurationError(f"{self.AUDIO.name} speaks in {', '.join(formats)}, not in {format!r}")
        return format or formats[0]

    def _speech_body(
        self, text: str, voice: str, model: str | None, format: str, more: Mapping[str, object]
    ) -> Mapping[str, object]:
        checked_text(text, "speak", '"Hello.", voice="..."')
        fields = {"model": model or self.model, "input": text, self.AUDIO.voice_field: voice}
        return {**fields, "response_format": format, **more}


class StreamingSpeakingClient(SpeakingClient[S]):
    """A client whose server sends speech while it is made."""

    def stream_speech(
        self,
        text: str,
        /,
        *,
        voice: str,
        model: str | None = None,
        format: str | None = None,
        options: Mapping[str, object] | None = None,
    ) -> AsyncGenerator[SpeechEvent]:
        """Yield the speech as it is made, ending with exactly one `SpeechDone`; else as `speak`.

        Raises `StreamTruncated` where the bytes end before the terminal sign. Raises `ConfigurationError` for
        a format that the server does not have.
        """
        format = self._checked_format(format)
        more = {**(self.AUDIO.sound_stream or {}), **(options or {})}
        body = self._speech_body(text, voice, model, format, more)
        request = self._request("POST", f"{self._audio_path}/speech", body)
        decoder = SpeechStreamDecoder(text=text, format=format, model=model or self.model)
        return stream_response(self._settings.transport, request, decoder, self._decode_error, self._logger)


def _checked_recording(file: File, rules: AudioRules) -> File:
    plain = (file.mimetype or "").partition(";")[0].strip().lower()
    if plain in _RECORDINGS or not plain:
        return file
    raise ConfigurationError(
        f"{rules.name} transcribes recordings such as wav, mp3, m4a, flac, ogg, webm and mp4, not {plain}"
        + ("; raw samples need a header: write them as wav" if plain in ("audio/pcm", "audio/l16") else "")
    )
