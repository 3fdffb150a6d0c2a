"""The stream decoder of one turn: it is fed events and does no I/O."""

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
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.frames import FrameReader

from chat_claude.assembly import Assembly
from chat_claude.decode import check_message, explanation, response
from chat_claude.errors import event_error


class ClaudeStreamDecoder:
    """The terminal sign is `message_stop`. Unknown events are kept in the response's `raw`, under `unknown_events`."""

    def __init__(
        self, *, origin: Origin, ids: CallIds, prefix: Callable[[], str], notices: tuple[Notice, ...] = ()
    ) -> None:
        self._origin = origin
        self._assembly = Assembly(origin, ids, prefix)
        self._notices = notices
        self._message: JsonObject = {}
        self._frames = FrameReader("an event of a message")
        self.finished = False

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: the terminal sign has come."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one event says. Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one."""
        said = self._frames.read(event)
        if said is None:  # cut, or the `[DONE]` of a gateway
            return ()
        if event.type == "error":
            raise event_error(said)
        if event.type == "body":  # the server ignored `stream` and answered whole
            return self._whole(said)
        match as_text(said.get("type")) or event.type:
            case "content_block_delta":
                return self._assembly.delta(_index(said), as_object(said.get("delta")))
            case "content_block_start":
                return self._assembly.start(_index(said), as_object(said.get("content_block")))
            case "content_block_stop":
                return self._assembly.stop(_index(said))
            case "message_start":
                self._message = as_object(said.get("message"))
            case "message_delta":
                return self._ending(said)
            case "message_stop":
                self.finished = True
            case "ping":
                pass
            case "error":
                raise event_error(said)
            case _ if "error" in said:
                raise event_error(said)
            case _:
                self._message["unknown_events"] = [*as_list(self._message.get("unknown_events")), said]
        return ()

    def finish(self) -> Done:
        """The whole turn. Raises `StreamTruncated` without the terminal sign."""
        if not self.finished:
            raise self._frames.truncated("message_stop", self._response())
        return Done(self._response())

    def _ending(self, said: JsonObject) -> Sequence[TurnEvent]:
        """What is known at the end only. Of the usage, each number overwrites the earlier one: they are not added up."""
        before, more = as_object(self._message.get("usage")), as_object(said.get("usage"))
        self._message |= {
            key: value
            for key, value in said.items()
            if key not in ("type", "delta", "usage") and value is not None
        }
        self._message |= as_object(said.get("delta"))
        self._message["usage"] = before | {
            key: value for key, value in more.items() if value is not None or key not in before
        }
        why = explanation(self._message)
        return [RefusalChunk(why)] if why else ()

    def _whole(self, message: JsonObject) -> Sequence[TurnEvent]:
        check_message(message)
        self._message = message
        self.finished = True
        events: list[TurnEvent] = []
        for index, block in enumerate(as_list(message["content"])):
            events += self._assembly.start(index, as_object(block))
            events += self._assembly.stop(index)
        why = explanation(message)
        return [*events, RefusalChunk(why)] if why else events

    def _response(self) -> ChatResponse:
        made = response(self._message, self._assembly, self._origin)
        raw: dict[str, JsonValue] = {key: value for key, value in self._message.items() if key != "content"}
        return replace(made, notices=self._notices + made.notices, raw=raw)


def _index(said: JsonObject) -> int:
    index = as_count(said.get("index"))
    if index is None:
        raise InvalidResponse(f"an event without the index of its block: {json.dumps(said)[:200]}")
    return index
