"""Speech as text, and text as speech: what clients return beside turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from chat_core.types.events import TextChunk
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.short_repr import ShortRepr
from chat_core.types.usage import Usage


@dataclass(frozen=True, slots=True)
class TimedText:
    """A word, or a segment of what was said: from `start` to `end`, in seconds, None where that is not known.

    `speaker` is there where speakers were told apart.
    """

    text: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Transcription(ShortRepr):
    """What is said in a recording. `str(...)` is its text.

    `language` is as the server names it; `duration` is in seconds. `segments` and `words` are there where
    they were requested and the server has them. `usage` has tokens, or in `raw` what the server counts
    instead.
    """

    text: str
    language: str | None = None
    duration: float | None = None
    segments: tuple[TimedText, ...] = ()
    words: tuple[TimedText, ...] = ()
    usage: Usage = Usage()
    model: str | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False, compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, repr=False)
class Speech(ShortRepr):
    """A text read aloud: `file` has the sound and, as its transcript, the text."""

    file: File
    usage: Usage = Usage()
    model: str | None = None


@dataclass(slots=True, repr=False)
class SpeechChunk(ShortRepr):
    """More of a sound that is being made; all of them joined are the data of the file."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class SpeechDone(ShortRepr):
    """The end of a sound, and all of it."""

    speech: Speech


@dataclass(frozen=True, slots=True, repr=False)
class TranscriptionDone(ShortRepr):
    """The end of a transcription, and all of it."""

    transcription: Transcription


SpeechEvent: TypeAlias = SpeechChunk | SpeechDone
TranscriptionEvent: TypeAlias = TextChunk | TranscriptionDone
