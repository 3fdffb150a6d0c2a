"""The stream decoder of one turn of ConverseStream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chat_core import (
    ChatResponse,
    Done,
    Event,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Notice,
    Origin,
    TurnEvent,
)
from chat_core.types.json_values import as_count, as_object
from chat_core.wire import CallIds, FrameReader, finish_reason

from chat_bedrock.decode.assembly import Assembly
from chat_bedrock.decode.errors import stream_error, unexpected
from chat_bedrock.decode.response import content_of, notices_of, response

_PADDING = "p"  # of random length, on every event
_MEMBERS = frozenset(
    {
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    }
)


class BedrockStreamDecoder:
    """Reads one streamed turn. The turn is complete with `messageStop`; `metadata`, with the usage, follows
    it.

    state    | event                | what happens
    ---------|----------------------|------------------------------------------------------------
    reading  | `messageStart`       | nothing
    reading  | `contentBlockStart`  | a block opens; a `ToolCallChunk` of a call
    reading  | `contentBlockDelta`  | a chunk of text, reasoning or arguments
    reading  | `contentBlockStop`   | the block closes; `FileReady` of a file
    reading  | `messageStop`        | complete
    complete | `messageStop`        | its reason counts, unless it is an unknown one
    complete | `contentBlock…`      | `InvalidResponse`
    any      | `metadata`           | the usage is kept; after `messageStop`, finished
    any      | an exception         | its `ProviderError`
    any      | another event        | kept in the response's `raw`, under `unknown_events`
    """

    def __init__(self, *, origin: Origin, ids: CallIds, notices: tuple[Notice, ...] = ()) -> None:
        self._assembly = Assembly(origin, ids)
        self._frames = FrameReader("an event of ConverseStream")
        self._notices = notices
        self._ending: JsonObject = {}
        self._unknown_events: list[JsonValue] = []
        self.complete: bool = False
        self._has_metadata = False

    @property
    def finished(self) -> bool:
        """Whether both `messageStop` and `metadata` have come."""
        return self.complete and self._has_metadata

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """Return what one event adds to the turn. Raises `ProviderError` and `InvalidResponse`."""
        frame = self._frames.read(event)
        if frame is None:
            return ()
        if event.type.startswith(("exception:", "error:")):
            raise stream_error(event.type, frame)
        kind, content = _member(event.type, frame)
        match kind:
            case "contentBlockDelta":
                return self._assembly.delta(self._index(content), as_object(content.get("delta")))
            case "contentBlockStart":
                return self._assembly.start(self._index(content), as_object(content.get("start")))
            case "contentBlockStop":
                return self._assembly.stop(self._index(content))
            case "messageStop":
                self._stop(content)
            case "metadata":
                self._has_metadata = True
                self._keep(content)
            case "messageStart":
                pass
            case "body":
                return self._whole(content)
            case _:
                self._unknown(kind, content)
        return ()

    def finish(self) -> Done:
        """Return the whole turn. Raises `StreamTruncated` without `messageStop`."""
        whole = self._response()
        if not self.complete:
            raise self._frames.truncated("messageStop", whole)
        return Done(whole)

    def _index(self, frame: JsonObject) -> int:
        index = as_count(frame.get("contentBlockIndex"))
        if index is None:
            raise InvalidResponse(f"an event without the index of its block: {self._frames.quote_last()}")
        if self.complete:
            raise InvalidResponse(f"an event after the end of the turn: {self._frames.quote_last()}")
        return index

    def _stop(self, frame: JsonObject) -> None:
        reason, word = finish_reason(frame.get("stopReason"))
        if not self.complete or (reason != "other" and word is not None):
            self._keep(frame)
        self.complete = True

    def _keep(self, frame: JsonObject) -> None:
        self._ending |= {name: value for name, value in frame.items() if name != _PADDING}

    def _whole(self, frame: JsonObject) -> Sequence[TurnEvent]:
        """Read a response that came whole although it was to be streamed."""
        blocks = content_of(frame)
        self.complete = self._has_metadata = True
        self._ending |= {name: value for name, value in frame.items() if name != "output"}
        return [event for block in blocks for event in self._assembly.add_block(block)]

    def _unknown(self, kind: str, frame: JsonObject) -> None:
        """Keep an event of another kind. Raises the error that it describes, if it does."""
        if kind.endswith("Exception"):
            raise stream_error(f"exception:{kind}", frame)
        if frame.keys() & {"message", "Message", "__type", "error"}:
            raise unexpected(frame, "an event of ConverseStream")
        self._unknown_events.append({kind: frame})
        self._ending["unknown_events"] = self._unknown_events

    def _response(self) -> ChatResponse:
        whole = response(self._assembly.parts(), self._ending)
        return replace(whole, notices=self._notices + notices_of(self._ending), raw={**self._ending})


def _member(type: str, frame: JsonObject) -> tuple[str, JsonObject]:
    """Return the name and the content of an event. Servers that stream otherwise send the name as the one
    key."""
    if type in _MEMBERS or type == "body":
        return type, frame
    keys = [key for key in frame if key != _PADDING]
    if len(keys) == 1 and (keys[0] in _MEMBERS or keys[0].endswith("Exception")):
        return keys[0], as_object(frame[keys[0]])
    return type, frame
