"""The stream decoder of one turn: it is fed events and does no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import Done, Event, InvalidResponse, Notice, Origin, StreamTruncated, TurnEvent
from chat_core.types.call_ids import CallIds
from chat_core.wire.read import is_beginning

from chat_gemini.assembly import Assembly
from chat_gemini.decode import chunks_of


class GeminiStreamDecoder:
    """The wire has no last event. What ends a turn is the end of the bytes after a chunk with a finish reason; where code is run
    there are chunks with a reason in the middle too."""

    def __init__(self, *, origin: Origin, ids: CallIds, notices: tuple[Notice, ...] = ()) -> None:
        self._assembly = Assembly(origin, ids)
        self._notices = notices
        self._cut: InvalidResponse | None = None
        self.finished = False

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one event says. Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one."""
        if self._cut is not None:
            raise self._cut  # more has come, so the bytes did not end there
        if event.data == "[DONE]":  # of some gateways
            self.finished = True
            return ()
        try:
            chunks = chunks_of(event.data, "a chunk of a Gemini answer")
        except InvalidResponse as exc:
            if not is_beginning(event.data):
                raise
            self._cut = exc  # perhaps the bytes end here, in the middle of an event: end() will tell
            return ()
        return [said for chunk in chunks for said in self._assembly.add(chunk)]

    @property
    def continuation(self) -> str | None:
        """The token to ask for the rest with, where the server has put down the pen in the middle of the turn."""
        return self._assembly.continuation

    def resume(self) -> None:
        """The rest is being asked for."""
        self._assembly.resume()
        self.finished = False

    def finish(self) -> Done:
        """The whole turn. Raises `StreamTruncated` where the last chunk had no finish reason."""
        if not self._assembly.ended:
            cut = StreamTruncated(
                "the stream ended before its finish reason", partial=self._assembly.partial()
            )
            raise cut from self._cut
        return Done(self._assembly.response(self._notices))
