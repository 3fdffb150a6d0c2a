"""What a session begins with, and what a client of sessions was built with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chat_core import JsonObject, JsonValue
from chat_core.client import ClientSettings

from chat_gemini.settings import RequestDefaults

Scheduling: TypeAlias = Literal["interrupt", "when_idle", "silent"]

INPUT_RATE = 16000  # samples a second of the user's speech, 16-bit little-endian mono PCM
OUTPUT_RATE = 24000  # of the model's


@dataclass(frozen=True, slots=True)
class NonBlocking:
    """Tools beside which the model goes on talking: their names, or all of them where there are none.

    `scheduling` is when the model turns to a result; None is at once, where the model lets that be chosen.
    """

    names: frozenset[str] = frozenset()
    scheduling: Scheduling | None = None

    def has(self, name: str) -> bool:
        """Return whether a tool is one of them."""
        return not self.names or name in self.names


@dataclass(frozen=True, slots=True)
class LiveDefaults:
    """What every session of a client is set up with.

    `detection` is the wire's `realtimeInputConfig`, `transcription` its `inputAudioTranscription`; None is
    push to talk, and no transcripts of the user. `compression` is its `contextWindowCompression`, None for a
    session that ends when it is full. `resumes` says whether the server keeps the session for a connection
    that is lost.
    """

    detection: JsonObject | None = field(default_factory=dict[str, JsonValue])
    transcription: JsonObject | None = field(default_factory=dict[str, JsonValue])
    compression: JsonObject | None = None
    resumes: bool = True
    proactive: bool = False
    affective: bool = False
    non_blocking: tuple[NonBlocking, ...] = ()

    def non_blocking_tool(self, name: str) -> NonBlocking | None:
        """Return how a tool runs beside the model's speech; None for one that the model waits for."""
        return next((each for each in reversed(self.non_blocking) if each.has(name)), None)

    @property
    def is_manual(self) -> bool:
        """Whether the application says when the user begins and ends to speak."""
        return self.detection is None


@dataclass(frozen=True, slots=True)
class LiveAddress:
    """Where the sessions of a model are: paths under the base URL, and the model's whole name.

    `tokens_path` is where tokens for browsers are made, None where there are none.
    """

    path: str
    model: str
    tokens_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings(ClientSettings):
    """What a client was built with."""

    address: LiveAddress
    defaults: RequestDefaults = RequestDefaults()
    live: LiveDefaults = field(default_factory=LiveDefaults)
