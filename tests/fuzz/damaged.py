"""What a damaged stream may come to: a turn that its frames tell, or an error; and the damages to try."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from chat_core import (
    ChatResponse,
    Event,
    InvalidResponse,
    Message,
    Messages,
    Pending,
    ProviderError,
    StreamTruncated,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.client import StreamDecoder
from chat_core.wire import read_arguments
from hypothesis import strategies as st

# Errors among events, as servers are known to send them.
ERRORS: tuple[dict, ...] = (
    {"error": {"message": "it broke", "code": 503}},
    {"error": {"message": "it broke", "type": "overloaded_error"}},
    {"error": "it broke"},
    {"message": "it broke"},
    {"message": "it broke", "code": "DataInspectionFailed"},
    {"id": "x", "message": "it broke"},
    {"errors": [{"message": "it broke"}], "message": "it broke"},
    {"object": "error", "message": "it broke"},
)

DAMAGES = ("drop", "repeat", "swap", "move", "type", "unknown", "break", "cut")


def damaged(events: Sequence[Event], data: st.DataObject) -> list[Event]:
    """The events with one of DAMAGES, at a place that hypothesis draws."""
    changed = list(copy.deepcopy(events))
    at = data.draw(st.integers(0, len(events) - 1))
    match data.draw(st.sampled_from(DAMAGES)):
        case "drop":
            del changed[at]
        case "repeat":
            changed.insert(at, events[at])
        case "swap":
            other = data.draw(st.integers(0, len(events) - 1))
            changed[at], changed[other] = changed[other], changed[at]
        case "move":
            changed.insert(data.draw(st.integers(0, len(events) - 1)), changed.pop(at))
        case "type":
            frame = json.loads(events[at].data)
            key = data.draw(st.sampled_from(sorted(frame) or ["x"]))
            frame[key] = data.draw(st.sampled_from([None, 7, "x", [], {}, True]))
            changed[at] = events[at]._replace(data=json.dumps(frame))
        case "unknown":
            changed.insert(at, Event("somethingNew", '{"type": "something-new", "x": 1}'))
        case "break":
            changed[at] = events[at]._replace(data=events[at].data[: len(events[at].data) // 2])
        case _:
            del changed[at:]
    return changed


def play(decoder: StreamDecoder, events: Sequence[Event]) -> tuple[ChatResponse, list[TurnEvent]]:
    """Feed the events as a client does, and finish."""
    seen: list[TurnEvent] = []
    for event in events:
        seen += decoder.feed(event)
        if decoder.finished:
            break
    return decoder.finish().response, seen


def check(make: Callable[[], StreamDecoder], events: Sequence[Event], expected: ChatResponse) -> None:
    """Play damaged events; what has to hold of a turn that comes out, or of the error."""
    try:
        response, seen = play(make(), events)
    except StreamTruncated as error:
        assert all(call.failed for call in error.partial.tool_calls)  # noqa: PT017  most damage is no error
        return
    except (InvalidResponse, ProviderError):
        return
    check_stored(response.message)
    shown = "".join(event.text for event in seen if isinstance(event, TextChunk))
    assert sorted(response.text) == sorted(shown)
    ids = [call.id for call in response.tool_calls]
    assert len(set(ids)) == len(ids) <= len(expected.tool_calls)
    for call in response.tool_calls:
        if isinstance(call.status, Pending):
            chunks = [event for event in seen if isinstance(event, ToolCallChunk) and event.id == call.id]
            text = "".join(chunk.arguments for chunk in chunks)
            assert call.arguments == read_arguments("" if text.strip() == "null" else text)


def check_stored(message: Message) -> None:
    """Check that a turn is restored to an equal one."""
    messages = Messages([message])
    stored = messages.to_json()
    assert Messages.from_json(stored) == messages
    assert Messages.from_json(stored).to_json() == stored


def same(one: ChatResponse, other: ChatResponse) -> bool:
    """Whether two turns are equal but for the text in which arguments came."""
    return _comparable(one.message) == _comparable(other.message)


def _comparable(message: Message) -> object:
    parts = [
        replace(part, arguments_text=None) if isinstance(part, ToolCall) else part for part in message.parts
    ]
    return parts, message.turn, message.interrupted
