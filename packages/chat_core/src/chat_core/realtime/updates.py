"""What a codec reads: the events that a session shows, and what only its engine needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from chat_core.realtime.events import (
    AudioChunk,
    Interrupted,
    Reconnected,
    SpeechStarted,
    SpeechStopped,
    Transcript,
)
from chat_core.types.errors import ProviderError
from chat_core.types.events import Done, ReasoningChunk, RefusalChunk, TextChunk, ToolCallChunk


@dataclass(frozen=True, slots=True)
class SessionReady:
    """The server has taken the settings: from now on anything may be sent."""

    model: str | None = None


@dataclass(frozen=True, slots=True)
class UserSpoke:
    """A turn of the user's speech is in the conversation. Its transcript has the same `item`."""

    item: str


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """The model begins a response, which ends in `Done` or in an error. `apart` as in `Respond`."""

    id: str
    apart: bool = False


@dataclass(frozen=True, slots=True)
class ResponseRefused:
    """The server was at a response already: the one that was requested has to be requested again."""


@dataclass(frozen=True, slots=True)
class InputRefused:
    """The server refused something that was sent. The session goes on; `error` is raised to the application.

    `ends_response` says whether a response that was requested or begun has ended with it.
    """

    error: ProviderError
    ends_response: bool = False


@dataclass(frozen=True, slots=True)
class CallsCancelled:
    """The server does not want the results of these calls any more: those that wait will not run.

    The codec sends no results of them.
    """

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Resumable:
    """Another connection can go on where this one is, if its codec is opened with `handle`.

    The last one counts. None: at the moment none can, so that the session would be given its history anew.
    """

    handle: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Leaving:
    """The server ends this connection in `seconds`: the session goes on over another one before that."""

    seconds: float


RealtimeUpdate: TypeAlias = (
    AudioChunk
    | Transcript
    | SpeechStarted
    | SpeechStopped
    | Interrupted
    | Reconnected
    | TextChunk
    | ReasoningChunk
    | RefusalChunk
    | ToolCallChunk
    | Done
    | SessionReady
    | UserSpoke
    | ResponseStarted
    | ResponseRefused
    | InputRefused
    | CallsCancelled
    | Resumable
    | Leaving
)
