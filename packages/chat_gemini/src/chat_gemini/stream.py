"""The stream decoder of one turn: it is fed events and does no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import Done, Event, Notice, Origin, TurnEvent
from chat_core.types.call_ids import CallIds
from chat_core.wire.frames import FrameReader

from chat_gemini.assembly import Assembly
from chat_gemini.decode import check_chunks


class GeminiStreamDecoder:
    """The wire has no last event. What ends a turn is the end of the bytes after a chunk with a finish reason; where code is run
    there are chunks with a reason in the middle too."""

    def __init__(self, *, origin: Origin, ids: CallIds, notices: tuple[Notice, ...] = ()) -> None:
        self._assembly = Assembly(origin, ids)
        self._notices = notices
        self._frames = FrameReader("a chunk of a Gemini response")
        self.finished = False

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: the last chunk has a finish reason."""
        return self._assembly.ended

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one event says. Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one."""
        chunks = self._frames.read_all(event)
        self.finished = self.finished or self._frames.done  # `[DONE]` is sent by some gateways
        check_chunks(chunks)
        return [part for chunk in chunks for part in self._assembly.add(chunk)]

    @property
    def continuation(self) -> str | None:
        """The token to ask for the rest with, where the server has put down the pen in the middle of the turn."""
        return self._assembly.continuation

    def resume(self) -> None:
        """The rest is being asked for."""
        self._assembly.resume()
        self._frames.done = False
        self.finished = False

    def finish(self) -> Done:
        """The whole turn. Raises `StreamTruncated` where the last chunk had no finish reason."""
        if not self._assembly.ended:
            raise self._frames.truncated("its finish reason", self._assembly.partial())
        return Done(self._assembly.response(self._notices))
