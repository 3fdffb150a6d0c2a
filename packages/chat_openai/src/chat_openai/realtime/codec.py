"""The codec of one connection: what is sent, and what is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chat_core import ChatRequest, ChatResponse, ConfigurationError, Origin
from chat_core.realtime import (
    AudioInput,
    Clear,
    Commit,
    History,
    Interrupt,
    RealtimeInput,
    RealtimeUpdate,
    Respond,
    ToolResults,
    UserMessage,
)
from chat_core.wire import dump

from chat_openai.realtime import encode
from chat_openai.realtime.settings import Frame, SessionDefaults
from chat_openai.realtime.setup import session_settings
from chat_openai.realtime.stream import QUIET, SessionDecoder


class SessionCodec:
    """A `RealtimeCodec` of OpenAI's protocol."""

    def __init__(self, request: ChatRequest, origin: Origin, defaults: SessionDefaults) -> None:
        self._settings = session_settings(request, origin.model, defaults)
        self._origin = origin
        self._defaults = defaults
        self._decoder = SessionDecoder(origin)
        self._quiet = 0

    def begin(self) -> Sequence[str]:
        """Return the event that sets the session up."""
        return _texts([{"type": "session.update", "session": self._settings}])

    def feed(self, message: str | bytes, /) -> Sequence[RealtimeUpdate]:
        """Return what one event of the server says."""
        return self._decoder.feed(message)

    def partial(self) -> ChatResponse:
        """Return the response that has begun and not ended."""
        return self._decoder.partial()

    def encode(self, given: RealtimeInput, /) -> Sequence[str]:
        """Return the events of an input."""
        return _texts(self._events(given))

    def _events(self, given: RealtimeInput) -> Iterable[Frame]:
        if self._defaults.transcribes_only and not isinstance(given, AudioInput | Commit | Clear):
            return self._without_model(given)
        match given:
            case AudioInput(data):
                return [encode.append_audio(data)] if data else []
            case UserMessage(message):
                return encode.user_items(message, self._origin)
            case History(messages):
                return encode.history_items(messages)
            case ToolResults(calls, earlier):
                return encode.call_items(calls) if earlier else map(encode.result_item, calls)
            case Respond(instructions, metadata, apart):
                return [encode.response_create(instructions, metadata, apart=apart)]
            case Interrupt(played_ms):
                return list(self._interruption(played_ms))
            case Commit() | Clear():
                if self._defaults.turn_detection is not None and isinstance(given, Commit):
                    raise ConfigurationError(
                        "the server listens for the end of speech: commit() is for sessions built "
                        "with_turn_detection(None)"
                    )
                return [{"type": f"input_audio_buffer.{type(given).__name__.lower()}"}]

    def _without_model(self, given: RealtimeInput) -> Iterable[Frame]:
        """Return the events of an input where no model answers: none."""
        if isinstance(given, UserMessage):
            raise ConfigurationError("a session that only transcribes takes speech: send bytes")
        return ()

    def _interruption(self, played_ms: int | None) -> Iterator[Frame]:
        """Yield what stops the model: at most one cancellation, and at most one truncation.

        Where the server interrupts by itself because the user speaks, a cancellation could hit the next
        response; and of speech that was not heard at all there is nothing to truncate.
        """
        decoder = self._decoder
        current = decoder.current
        if current is not None and not current.dropped:
            current.dropped = True
            if not (decoder.user_speaks and self._defaults.server_interrupts):
                yield self._unchecked({"type": "response.cancel", "response_id": current.id})
        spoken = decoder.last_spoken
        if played_ms is None:
            return
        if current is not None and not current.speech and self._defaults.output == "audio":
            current.words.clear()  # what was played is an earlier response
        if spoken is None:
            return
        decoder.last_spoken = None
        if current is not None:
            current.played = (spoken.item, max(0, played_ms))
        if 0 < played_ms < spoken.milliseconds and self._defaults.dialect.truncates:
            yield self._unchecked(encode.truncate(spoken.item, played_ms))

    def _unchecked(self, event: Frame) -> Frame:
        """Return an event whose refusal changes nothing: the response may have ended meanwhile."""
        self._quiet += 1
        return {"event_id": f"{QUIET}{self._quiet}", **event}


def _texts(events: Iterable[Frame]) -> list[str]:
    return [dump(event).decode() for event in events]
