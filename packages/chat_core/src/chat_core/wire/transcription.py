"""Transcriptions, as OpenAI's audio endpoint and those of its form send them: whole, and as events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chat_core.types.audio import TimedText, Transcription, TranscriptionDone, TranscriptionEvent
from chat_core.types.errors import InvalidResponse
from chat_core.types.events import TextChunk
from chat_core.types.json_values import JsonObject, JsonValue, as_count, as_list, as_object, as_text
from chat_core.types.message import Message
from chat_core.types.parts import Text
from chat_core.types.response import ChatResponse
from chat_core.types.usage import Usage
from chat_core.wire.error_body import error_from_object, is_error_object
from chat_core.wire.frames import FrameReader
from chat_core.wire.read import read_object

if TYPE_CHECKING:
    from chat_core.transport import Event


def decode_transcription(body: bytes) -> Transcription:
    """Return a transcription. Raises `ProviderError` for an error under status 200, `InvalidResponse`."""
    response = read_object(body, "a transcription")
    if not isinstance(response.get("text"), str):
        if is_error_object(response):
            raise error_from_object(response)
        raise InvalidResponse(f"a transcription without a text: {body[:200]!r}")
    return transcription_of(response)


def transcription_of(response: JsonObject) -> Transcription:
    """Return the transcription of a response, or of the last event of a stream."""
    figures = as_object(response.get("usage"))
    seconds = (response.get("duration"), figures.get("seconds"), figures.get("prompt_audio_seconds"))
    return Transcription(
        text=as_text(response.get("text")),
        language=_language(response),
        duration=next((float(number) for number in seconds if isinstance(number, int | float)), None),
        segments=_timed(response.get("segments"), "text"),
        words=_timed(response.get("words"), "word"),
        usage=audio_usage(figures),
        model=as_text(response.get("model")) or None,
        raw=response,
    )


def audio_usage(figures: JsonObject) -> Usage:
    """Return the server's figures; where it counts seconds or characters, only `raw` has them."""
    if not figures:
        return Usage()
    return Usage(
        input_tokens=_count(figures, "input_tokens", "prompt_tokens"),
        output_tokens=_count(figures, "output_tokens", "completion_tokens"),
        total_tokens=as_count(figures.get("total_tokens")),
        raw=figures,
    )


def _count(figures: JsonObject, *names: str) -> int | None:
    return next((count for name in names if (count := as_count(figures.get(name))) is not None), None)


def _language(response: JsonObject) -> str | None:
    if language := as_text(response.get("language")):
        return language
    for each in as_list(response.get("languages")):
        if name := as_text(each) or as_text(as_object(each).get("code")):
            return name
    return None


def _timed(items: JsonValue, field: str) -> tuple[TimedText, ...]:
    return tuple(
        TimedText(
            as_text(item.get(field)) or as_text(item.get("text")),
            _seconds(item.get("start")),
            _seconds(item.get("end")),
            as_text(item.get("speaker")) or as_text(item.get("speaker_id")) or None,
        )
        for item in map(as_object, as_list(items))
    )


def _seconds(value: JsonValue) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class TranscriptionStreamDecoder:
    """Reads the events of one transcription. The terminal sign is an event whose type ends in `.done`.

    state    | event                                    | what happens
    ---------|------------------------------------------|----------------------------------------------
    reading  | `transcript.text.delta`, of Mistral's    | a `TextChunk`
             | `transcription.text.delta`               |
    reading  | `….segment`, `transcription.language`    | kept for the end
    reading  | `….done`; an object with a text alone    | finished
    reading  | an error                                 | its `ProviderError` is raised

    An object with a text alone comes from models that do not stream, such as whisper-1.
    """

    def __init__(self) -> None:
        self._frames = FrameReader("an event of a transcription")
        self._pieces: list[str] = []
        self._segments: list[JsonValue] = []
        self._language: JsonValue = None
        self._end: JsonObject | None = None

    @property
    def finished(self) -> bool:
        """Whether the last event has come."""
        return self._end is not None

    complete = finished

    def feed(self, event: Event, /) -> Sequence[TranscriptionEvent]:
        """Return what one event adds. Raises `ProviderError` and `InvalidResponse`."""
        frame = self._frames.read(event)
        if frame is None:
            return ()
        kind = as_text(frame.get("type"))
        if kind.endswith("text.delta"):
            text = as_text(frame.get("delta")) or as_text(frame.get("text"))
            self._pieces.append(text)
            return (TextChunk(text),) if text else ()
        if kind.endswith(".segment"):
            self._segments.append(frame)
        elif kind == "transcription.language":
            self._language = frame.get("audio_language")
        elif isinstance(frame.get("text"), str) and (kind.endswith(".done") or not kind):
            self._end = frame
        elif is_error_object(frame):
            raise error_from_object(frame)
        return ()

    def finish(self) -> TranscriptionDone:
        """Return the whole transcription. Raises `StreamTruncated` without the terminal sign."""
        if self._end is None:
            partial = ChatResponse(Message("model", [Text("".join(self._pieces))]))
            raise self._frames.truncated("its event of type `….done`", partial)
        beside: JsonObject = {"segments": self._segments, "language": self._language}
        return TranscriptionDone(
            transcription_of({**{name: value for name, value in beside.items() if value}, **self._end})
        )
