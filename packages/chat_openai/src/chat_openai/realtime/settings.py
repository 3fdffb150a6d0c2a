"""What a session begins with, and what a client was built with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chat_core import JsonObject, JsonValue
from chat_core.client import ClientSettings

from chat_openai.realtime.dialect import OPENAI, Dialect

Frame = dict[str, object]  # an event, or a part of one
PCM_RATE = 24000  # samples a second, of the 16-bit PCM that goes both ways


@dataclass(frozen=True, slots=True)
class SessionDefaults:
    """What every session of a client is set up with; None leaves it to the server.

    With `transcribes_only` no model answers. `turn_detection` and `transcription` are the wire's own objects;
    None is push to talk, and no transcripts of the user.
    """

    transcribes_only: bool = False
    output: Literal["audio", "text"] = "audio"
    voice: str | JsonObject | None = None
    speed: float | None = None
    turn_detection: JsonObject | None = field(
        default_factory=lambda: dict[str, JsonValue](
            type="server_vad", create_response=True, interrupt_response=True
        )
    )
    transcription: JsonObject | None = field(default_factory=dict[str, JsonValue])
    noise_reduction: str | None = None
    native_tools: tuple[JsonObject, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict[str, object])
    dialect: Dialect = OPENAI

    @property
    def server_answers(self) -> bool:
        """Whether the server answers the user's speech by itself."""
        detection = self.turn_detection
        return (
            not self.transcribes_only
            and detection is not None
            and detection.get("create_response") is not False
        )

    @property
    def server_interrupts(self) -> bool:
        """Whether the server cancels its response by itself when the user speaks."""
        detection = self.turn_detection
        return detection is not None and detection.get("interrupt_response") is not False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with."""

    defaults: SessionDefaults = field(default_factory=SessionDefaults)
