"""The events of a session beside those of a chat."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from chat_core.types.json_event import JsonEvent
from chat_core.types.json_values import JsonValue
from chat_core.types.short_repr import ShortRepr


@dataclass(slots=True, repr=False)
class AudioChunk(ShortRepr, JsonEvent):
    """More of the model's speech: bytes to play, in the form that the session was set up with.

    `item` names the piece of speech that it belongs to. A chunk may end between the two bytes of a sample.
    """

    _json_type: ClassVar[str] = "audio_chunk"
    data: bytes = field(repr=False)
    item: str = ""

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"data": b64encode(self.data).decode("ascii"), "item": self.item}


@dataclass(slots=True, repr=False)
class Transcript(ShortRepr, JsonEvent):
    """The words of speech: of the user, or of the model.

    Until the last one, `text` is what has been added; of the last one, where `final` is true, it is all.
    The user's may come during or after the model's answer. It is made by another model, so it is not exactly
    what the model heard.
    """

    _json_type: ClassVar[str] = "transcript"
    text: str
    of: Literal["user", "model"] = "model"
    final: bool = False
    item: str = ""

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"text": self.text, "of": self.of, "final": self.final, "item": self.item}


@dataclass(frozen=True, slots=True, repr=False)
class SpeechStarted(ShortRepr, JsonEvent):
    """The server hears speech, `at_ms` into the audio that was sent: stop what is playing."""

    _json_type: ClassVar[str] = "speech_started"
    at_ms: int | None = None
    item: str = ""

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"at_ms": self.at_ms, "item": self.item}


@dataclass(frozen=True, slots=True, repr=False)
class SpeechStopped(ShortRepr, JsonEvent):
    """The server hears no more speech, `at_ms` into the audio that was sent."""

    _json_type: ClassVar[str] = "speech_stopped"
    at_ms: int | None = None
    item: str = ""

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"at_ms": self.at_ms, "item": self.item}


@dataclass(frozen=True, slots=True, repr=False)
class Interrupted(ShortRepr, JsonEvent):
    """The model's answer was cut off, by the user's speech or by `interrupt()`: drop what is not played yet.

    Its `Done` follows where it had not come, with what the model had said; nothing else of it does.
    """

    _json_type: ClassVar[str] = "interrupted"
    item: str = ""

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"item": self.item}


@dataclass(frozen=True, slots=True, repr=False)
class Reconnected(ShortRepr, JsonEvent):
    """The session goes on over another connection.

    `restored` says whether the server kept the session itself; else it was given the turns so far as its
    history. Speech of a turn that had not ended is sent again, and so is a request that no response had begun
    for. A response that had begun ended before this event, with `Interrupted` and its `Done`.
    """

    _json_type: ClassVar[str] = "reconnected"
    restored: bool = False

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"restored": self.restored}
