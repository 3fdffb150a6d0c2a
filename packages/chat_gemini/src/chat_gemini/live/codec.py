"""The codec of one connection: what is sent, and what is read."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import ChatRequest, ChatResponse, Notice, Origin
from chat_core.realtime import (
    AudioInput,
    Commit,
    Interrupt,
    RealtimeInput,
    RealtimeUpdate,
    Respond,
    ToolResults,
    UserMessage,
)
from chat_core.wire import dump

from chat_gemini.live.encode import InputEncoder, encode_setup
from chat_gemini.live.settings import LiveSettings
from chat_gemini.live.stream import LiveDecoder


class LiveCodec:
    """A `RealtimeCodec` of the Live API. What could not be sent is noticed on the next response."""

    def __init__(self, request: ChatRequest, origin: Origin, settings: LiveSettings) -> None:
        live = settings.live
        self._decoder = LiveDecoder(origin, request, is_transcribed=live.transcription is not None)
        notices: list[Notice] = self._decoder.notices
        self._setup = encode_setup(request, settings, origin, notices)
        self._inputs = InputEncoder(settings, origin, notices)
        self._live = live
        self._origin = origin

    def begin(self) -> Sequence[str]:
        """Return the message that sets the session up."""
        return [dump(self._setup).decode()]

    def feed(self, message: str | bytes, /) -> Sequence[RealtimeUpdate]:
        """Return what one message of the server says."""
        return self._decoder.feed(message)

    def partial(self) -> ChatResponse:
        """Return the response that has begun and not ended."""
        return self._decoder.partial()

    def encode(self, given: RealtimeInput, /) -> Sequence[str]:
        """Return the messages of an input."""
        if isinstance(given, ToolResults):
            calls = self._decoder.calls.answer(given.calls, self._origin)
            if not calls:  # the server has cancelled them all
                return []
            given = ToolResults(calls)
        messages = [dump(message).decode() for message in self._inputs.encode(given)]
        if messages or isinstance(given, Interrupt):
            self._note(given)
        return messages

    def _note(self, given: RealtimeInput) -> None:
        """Tell the decoder what it has to expect."""
        decoder = self._decoder
        match given:
            case AudioInput():
                decoder.user.speech_sent()
            case Commit():
                decoder.user.speech_ended()
            case UserMessage(ends_turn=True) | Respond():
                decoder.turn_sent()
            case ToolResults(calls):
                if any(self._live.non_blocking_tool(call.name) is None for call in calls):
                    decoder.turn_sent()
            case Interrupt(played_ms):
                decoder.interrupt(played_ms)
            case _:
                pass
