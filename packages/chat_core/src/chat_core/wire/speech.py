"""Speech, as OpenAI's audio endpoint and those of its form send it: whole, and as events."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chat_core.types.audio import Speech, SpeechChunk, SpeechDone, SpeechEvent
from chat_core.types.errors import InvalidResponse
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, as_object, as_text
from chat_core.types.message import Message
from chat_core.types.response import ChatResponse
from chat_core.wire.error_body import describes_error, error_from_object, is_error_object
from chat_core.wire.frames import FrameReader
from chat_core.wire.read import read_object
from chat_core.wire.transcription import audio_usage

if TYPE_CHECKING:
    from chat_core.transport import Event

_PAGE = re.compile(rb"<(?:!doctype|html|\?xml)", re.IGNORECASE)  # of a proxy, say
_MIMETYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",  # Opus in an Ogg container
    "pcm": "audio/pcm",
    "raw": "audio/pcm",
    "mulaw": "audio/basic",
}


def speech_mimetype(format: str) -> str:
    """Return the MIME type of a format such as "mp3"."""
    return _MIMETYPES.get(format, f"audio/{format}")


def decode_speech(body: bytes, *, text: str, format: str, model: str) -> Speech:
    """Return the speech of a body that is the sound, or JSON with the sound as `audio_data`.

    Raises `ProviderError` for an error under status 200, `InvalidResponse` for a body without sound.
    """
    figures: JsonObject = {}
    if body[:1] in (b"[", b"<") and (describes_error(body) or _PAGE.match(body)):
        raise InvalidResponse(f"no sound, but: {body[:200]!r}")
    if body[:1] == b"{":
        response = read_object(body, "a response with speech")
        if not isinstance(response.get("audio_data"), str):
            if is_error_object(response):
                raise error_from_object(response)
            raise InvalidResponse(f"a response without speech: {body[:200]!r}")
        body, figures = _decoded(as_text(response.get("audio_data"))), as_object(response.get("usage"))
    if not body:
        raise InvalidResponse("a response without speech: its body is empty")
    file = File(speech_mimetype(format), body, transcript=text)
    return Speech(file, audio_usage(figures), model)


class SpeechStreamDecoder:
    """Reads the events of one speech. The terminal sign is `speech.audio.done`.

    state    | event                                       | what happens
    ---------|---------------------------------------------|--------------------------------
    reading  | `speech.audio.delta`: base64 in `audio`,    | a `SpeechChunk`
             | at Mistral in `audio_data`                  |
    reading  | `speech.audio.done`                         | finished
    reading  | an error                                    | its `ProviderError` is raised
    """

    def __init__(self, *, text: str, format: str, model: str) -> None:
        self._frames = FrameReader("an event of speech")
        self._pieces: list[bytes] = []
        self._text, self._format, self._model = text, format, model
        self._end: JsonObject | None = None

    @property
    def finished(self) -> bool:
        """Whether `speech.audio.done` has come."""
        return self._end is not None

    complete = finished

    def feed(self, event: Event, /) -> Sequence[SpeechEvent]:
        """Return what one event adds. Raises `ProviderError` and `InvalidResponse`."""
        frame = self._frames.read(event)
        if frame is None:
            return ()
        match as_text(frame.get("type")):
            case "speech.audio.delta":
                data = _decoded(as_text(frame.get("audio")) or as_text(frame.get("audio_data")))
                self._pieces.append(data)
                return (SpeechChunk(data),) if data else ()
            case "speech.audio.done":
                self._end = frame
            case _ if is_error_object(frame):
                raise error_from_object(frame)
            case _:
                pass
        return ()

    def finish(self) -> SpeechDone:
        """Return the whole speech. Raises `StreamTruncated` without the terminal sign."""
        file = File(speech_mimetype(self._format), b"".join(self._pieces), transcript=self._text)
        if self._end is None:
            parts = [file] if self._pieces else []
            raise self._frames.truncated("`speech.audio.done`", ChatResponse(Message("model", [*parts])))
        return SpeechDone(Speech(file, audio_usage(as_object(self._end.get("usage"))), self._model))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as exc:
        raise InvalidResponse(f"the audio is not base64: {text[:60]!r}") from exc
