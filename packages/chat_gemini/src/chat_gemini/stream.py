"""The stream decoder of one turn: it is fed events and does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chat_core import ChatResponse, Done, Event, JsonObject, Notice, Origin, TurnEvent
from chat_core.types.message import parts_of
from chat_core.wire import CallIds, FrameReader, FrameShape, mark_truncated, read_object

from chat_gemini.decode import TurnAssembler
from chat_gemini.decode.characters import with_whole_characters
from chat_gemini.decode.errors import check_frame
from chat_gemini.decode.response import unwrapped

_FRAME = "a chunk of a Gemini response"
# Where these stand in the usage, `_settle` reads them; they are read nowhere else in a frame with one text.
_COUNTS = (
    *("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "thoughtsTokenCount"),
    *("cachedContentTokenCount", "toolUsePromptTokenCount"),
)


class GeminiStreamDecoder:
    """Decodes the stream of one turn.

    The wire has no last event: a turn is over when the bytes end after a frame with a finish reason. Where
    Google runs code there are frames with a reason in the middle too.

    state    | event                               | what happens
    ---------|-------------------------------------|------------------------------------------------------
    open     | frame with content                  | its events are returned
    open     | frame with a finish reason          | complete, unless a step of a tool has yet to run
    open     | `promptFeedback` with a reason      | complete; the prompt was blocked
    complete | the last frame once more            | nothing is returned
    complete | frame with content and no reason    | open again
    complete | frame without content               | usage and metadata are taken
    any      | error, in whatever envelope         | it is raised
    any      | `[DONE]`, which some gateways send  | finished
    any      | what cannot be read                 | `InvalidResponse`, or a cut if nothing follows
    finish() | open                                | `StreamTruncated` with what has come
    finish() | complete, by `CONTINUATION`         | `Done`; `continuation` is the token for the rest
    finish() | complete                            | `Done`
    """

    def __init__(
        self,
        *,
        origin: Origin,
        ids: CallIds,
        notices: tuple[Notice, ...] = (),
        names: Mapping[str, str] | None = None,
    ) -> None:
        """`names` are the tools that have another name on the wire: the wire's name, and their own."""
        self._turn = TurnAssembler(origin, ids, names)
        self._notices = notices
        self._frames = FrameReader(_FRAME, FrameShape(_COUNTS))
        self._shape = self._frames.shape
        self._last: str | None = None
        self.finished: bool = False

    def read_headers(self, headers: Mapping[str, str], /) -> None:
        """Take what the headers of the response tell of the turn."""
        self._turn.read_headers(headers)

    @property
    def complete(self) -> bool:
        """Whether the turn is whole, though more frames may follow."""
        return self._turn.is_whole

    @property
    def continuation(self) -> str | None:
        """The token that requests the rest of the turn, where the server has interrupted it itself; else
        None.
        """
        return self._turn.continuation

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """Return the events of one event.

        Raises `ProviderError` for an error, `InvalidResponse` for what is no frame.
        """
        if (added := self._shape.read(event)) is not None:
            return added
        self._settle()
        data = event.data
        if data == self._last and self._turn.is_whole:
            return ()  # some gateways send the last frame twice
        self._last = data
        if event.type == "body":  # several frames in one document
            event = Event(event.type, with_whole_characters(data))
        elif data[:1] == "{" and "\n" not in data:  # one frame, and nearly always one text
            frame = self._frames.read(event)
            if frame is None:
                return ()
            continued = self._turn.continuation_of_text(frame)
            return self._add(frame) if continued is None else self._continue(event, frame, *continued)
        events: list[TurnEvent] = []
        for frame in self._frames.read_all(event):
            events += self._add(frame)
        self.finished = self._frames.done
        return events

    def _continue(
        self, event: Event, frame: JsonObject, text: str, append: Callable[[str], Sequence[TurnEvent]]
    ) -> Sequence[TurnEvent]:
        """Take a frame that only goes on with a text, and may have other counts than the one before."""
        if self._turn.read_usage(frame):
            self._frames.learn(event, text, append)
        return append(text)

    def _settle(self) -> None:
        """Read the usage of the last frame that was like those before it: only its text was taken."""
        if data := self._shape.last:
            self._turn.read_usage(read_object(data, _FRAME))

    def _add(self, frame: JsonObject) -> list[TurnEvent]:
        check_frame(frame)
        return self._turn.add(unwrapped(frame))

    def resume(self) -> None:
        """Go on with the stream of another request for the rest of the turn."""
        self._settle()
        self._shape.pause()
        self._turn.resume()
        self._frames.done = False
        self.finished = False

    def partial(self) -> ChatResponse | None:
        """Return the turn as far as it has come, for an error that ends it; None where nothing has.

        None of its calls runs.
        """
        self._settle()
        response = self._turn.response(self._notices)
        return mark_truncated(response) if parts_of(response.message) else None

    def finish(self) -> Done:
        """Return the whole turn. Raises `StreamTruncated` where the last frame had no finish reason."""
        self._settle()
        if not self._turn.is_whole:
            raise self._frames.truncated("its finish reason", self._turn.response())
        return Done(self._turn.finished(self._notices))
