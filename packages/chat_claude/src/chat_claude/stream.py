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
    StreamTruncated,
    TurnEvent,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.read import is_beginning, read_object
from chat_core.wire.tool_calls import mark_truncated

from chat_claude.assembly import Assembly
from chat_claude.decode import check_message, explanation, response
from chat_claude.errors import decode_error


class ClaudeStreamDecoder:
    """The terminal sign is `message_stop`. Unknown events are kept in the response's `raw`, under `unknown_events`."""

    def __init__(
        self, *, origin: Origin, ids: CallIds, prefix: Callable[[], str], notices: tuple[Notice, ...] = ()
    ) -> None:
        self._origin = origin
        self._assembly = Assembly(origin, ids, prefix)
        self._notices = notices
        self._message: JsonObject = {}
        self._cut: InvalidResponse | None = None
        self.finished = False

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one event says. Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one."""
        if self._cut is not None:
            raise self._cut  # more has come, so the bytes did not end there
        if event.data.startswith("[DONE]"):  # of gateways; it says nothing
            return ()
        try:
            said = read_object(event.data, "an event of a message")
        except InvalidResponse as exc:
            if not is_beginning(event.data):
                raise
            self._cut = exc  # perhaps the bytes end here, in the middle of an event: end() will tell
            return ()
        if event.type == "error":
            raise decode_error(200, {}, event.data.encode())
        if event.type == "body":  # the server ignored `stream` and answered whole
            return self._whole(said, event.data.encode())
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
                raise decode_error(200, {}, event.data.encode())
            case _ if "error" in said:
                raise decode_error(200, {}, event.data.encode())
            case _:
                self._message["unknown_events"] = [*as_list(self._message.get("unknown_events")), said]
        return ()

    def finish(self) -> Done:
        """The whole turn. Raises `StreamTruncated` without the terminal sign."""
        whole = self._response()
        if not self.finished:
            raise StreamTruncated(
                "the stream ended before message_stop", partial=mark_truncated(whole)
            ) from self._cut
        return Done(whole)

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

    def _whole(self, message: JsonObject, body: bytes) -> Sequence[TurnEvent]:
        check_message(message, body)
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
