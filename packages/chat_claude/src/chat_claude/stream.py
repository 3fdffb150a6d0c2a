"""The stream decoder of one turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
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
    RefusalChunk,
    TurnEvent,
)
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire import CallIds, FrameReader, is_error_object

from chat_claude.decode.bedrock import messages_event
from chat_claude.decode.blocks import TurnBlocks
from chat_claude.decode.errors import event_error
from chat_claude.decode.parts import parts_of
from chat_claude.decode.response import check_message, explanation, response

_END = ("type", "delta", "usage")  # of a message_delta, fields that are read apart from the others

_OF_DELTAS = ("content_block_delta", "message")  # types of events with a delta; the second has no name


class ClaudeStreamDecoder:
    """Decodes the events of one turn. Its terminal sign is `message_stop`.

    state    | frame                         | what happens
    ---------|-------------------------------|------------------------------------------------------------
    any      | `ping`                        | nothing
    any      | an error, in any shape        | `ProviderError`
    any      | one that is not readable      | `InvalidResponse`, which quotes it
    any      | one of an unknown type        | it is kept in the response's `raw`, under `unknown_events`
    begun    | `message_start`               | id, model and the first usage are kept
    begun    | `content_block_start`         | a block opens, and yields the text that it holds already
    block    | `content_block_delta`         | the block grows, and yields the delta
    block    | `content_block_stop`          | the block is whole
    begun    | `message_delta`               | stop reason and usage; each number replaces the earlier one
    begun    | `message_stop`                | finished
    begun    | a whole message               | its blocks yield what they hold; finished
    stopped  | 2 s with nothing but pings    | finished
    finished | the end of the bytes          | `finish` returns `Done`
    other    | the end of the bytes          | `finish` raises `StreamTruncated` with what arrived

    The turn has stopped once a `message_delta` has given its stop reason and no block is open.
    """

    def __init__(
        self,
        *,
        origin: Origin,
        ids: CallIds,
        prefix: Callable[[], str],
        notices: tuple[Notice, ...] = (),
        encoded_chunks: bool = False,
    ) -> None:
        self._origin = origin
        self._prefix = prefix
        self._blocks = TurnBlocks(ids)
        self._notices = notices
        self._encoded_chunks = encoded_chunks
        self._message: JsonObject = {}
        self._unknown: list[JsonValue] = []
        self._explained = False
        self._frames = FrameReader("an event of a message")
        self._shape = self._frames.shape
        self.finished: bool = False

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: the terminal sign has come."""
        return self.finished

    @property
    def may_stall(self) -> bool:
        """Whether the turn has stopped, and only `message_stop` is missing."""
        return bool(self._message.get("stop_reason")) and not self._blocks.has_open

    def stall(self) -> None:
        """Take the turn as whole without `message_stop`."""
        self.finished = True

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """Return what one event adds.

        Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one.
        """
        if self._encoded_chunks:
            event = messages_event(event)
        if (added := self._shape.read(event)) is not None:
            return added
        frame = self._frames.parse(event)
        if frame is None:  # cut, or the `[DONE]` of a gateway
            return ()
        if frame.get("type") == "content_block_delta" and event.type in _OF_DELTAS:
            continued = self._blocks.continuation(frame.get("index"), frame.get("delta"))
            if continued is not None:
                self._frames.learn(event, *continued)
                text, append = continued
                return append(text)
        self._frames.check_depth(frame)
        return self._read(event, frame)

    def _read(self, event: Event, frame: JsonObject) -> Sequence[TurnEvent]:
        if event.type == "error":
            raise event_error(frame)
        if event.type == "body":  # the server ignored `stream` and responded whole
            return self._whole(frame)
        match as_text(frame.get("type")) or event.type:
            case "content_block_delta":
                return self._blocks.add(_index(frame), as_object(frame.get("delta")))
            case "content_block_start":
                return self._blocks.start(_index(frame), as_object(frame.get("content_block")))
            case "content_block_stop":
                return self._blocks.stop(_index(frame))
            case "message_start":
                self._begin(frame)
            case "message_delta":
                return self._end(frame)
            case "message_stop":
                return self._stop(frame)
            case "message" if "content" in frame:
                return self._whole(frame)
            case "ping":
                pass
            case kind if "error" in frame or kind.endswith("error"):
                raise event_error(frame)
            case "message" if is_error_object(frame):  # an event without any type
                raise event_error(frame)
            case _:
                self._unknown.append(frame)
        return ()

    def finish(self) -> Done:
        """Return the whole turn. Raises `StreamTruncated` without the terminal sign."""
        if not self.finished:
            raise self._frames.truncated("message_stop", self._response())
        return Done(self._response())

    def _begin(self, frame: JsonObject) -> None:
        message = as_object(frame.get("message"))
        begun, begins = self._message.get("id"), message.get("id")
        if len(self._blocks) and begun != begins:
            raise InvalidResponse(
                f"another message begins before the end of {begun}: {self._frames.quote_last()}"
            )
        self._message = {**message, "usage": {**as_object(message.get("usage"))}}

    def _end(self, frame: JsonObject) -> Sequence[TurnEvent]:
        """Read what is known only at the end.

        Numbers of the usage replace the earlier ones: they are not added up.
        """
        delta = as_object(frame.get("delta"))
        self._add(frame)
        self._message |= {name: value for name, value in delta.items() if name != "usage"}
        known = self._message.get("usage")
        used: JsonObject = known if isinstance(known, dict) else {}
        more = as_object(delta.get("usage")) | as_object(frame.get("usage"))
        used |= {name: value for name, value in more.items() if value is not None or name not in used}
        self._message["usage"] = used
        return self._explain()

    def _stop(self, frame: JsonObject) -> Sequence[TurnEvent]:
        self._add(frame)
        self.finished = True
        content = self._message.get("content")
        return self._blocks.whole(content) if content and not len(self._blocks) else ()

    def _add(self, frame: JsonObject) -> None:
        self._message |= {
            name: value for name, value in frame.items() if name not in _END and value is not None
        }

    def _whole(self, message: JsonObject) -> Sequence[TurnEvent]:
        check_message(message)
        if len(self._blocks):
            raise InvalidResponse(f"a whole message in the middle of a stream: {self._frames.quote_last()}")
        self._message = message
        self.finished = True
        return [*self._blocks.whole(message.get("content")), *self._explain()]

    def _explain(self) -> Sequence[TurnEvent]:
        why = "" if self._explained else explanation(self._message)
        self._explained = self._explained or bool(why)
        return (RefusalChunk(why),) if why else ()

    def _response(self) -> ChatResponse:
        parts = parts_of(self._blocks.in_order(), self._origin, self._prefix)
        found = response(self._message, parts, self._origin)
        raw: JsonObject = {name: value for name, value in self._message.items() if name != "content"}
        if self._unknown:
            raw["unknown_events"] = self._unknown
        return replace(found, notices=self._notices + found.notices, raw=raw)


def _index(frame: JsonObject) -> int:
    index = frame.get("index")
    if isinstance(index, str) and index.isdecimal() and len(index) < 9:
        return int(index)
    found = as_count(index)
    if found is None:
        raise InvalidResponse(f"an event without the index of its block: {json.dumps(frame)[:200]}")
    return found
