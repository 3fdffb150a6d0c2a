"""The codec of one connection: what is sent, and what is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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

    def __init__(
        self, request: ChatRequest, origin: Origin, settings: LiveSettings, handle: str | None = None
    ) -> None:
        live = settings.live
        self._decoder = LiveDecoder(origin, request, live)
        notices: list[Notice] = self._decoder.notices
        self._setup = encode_setup(request, settings, origin, notices, handle)
        self._inputs = InputEncoder(settings, origin, notices)
        self._live = live
        self._answers_itself = False
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
            given = replace(given, calls=calls)
        if isinstance(given, Respond) and self._answers_itself and given == Respond():
            self._answers_itself = False
            return []
        messages = [dump(message).decode() for message in self._inputs.encode(given)]
        if messages or isinstance(given, Interrupt | Commit):
            self._note(given)
        return messages

    def _note(self, given: RealtimeInput) -> None:
        """Tell the decoder what it has to expect.

        A user's turn is answered by itself, so that the request which follows it is none.
        """
        decoder = self._decoder
        match given:
            case UserMessage(ends_turn=True) | Commit():
                self._answers_itself = True
            case Interrupt():
                self._answers_itself = False
            case _:
                pass
        match given:
            case AudioInput():
                decoder.user.speech_sent()
            case Commit():
                decoder.user.speech_ended()
            case UserMessage(ends_turn=True) | Respond():
                decoder.turn_sent()
            case ToolResults(earlier=True):
                decoder.turn_sent()
            case ToolResults(calls):
                if any(self._live.non_blocking_tool(call.name) is None for call in calls):
                    decoder.turn_sent()
            case Interrupt(played_ms):
                decoder.interrupt(played_ms)
            case _:
                pass
