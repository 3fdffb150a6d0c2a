"""Responses of Acme's as turns and errors. Pure, and without `encode`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chat_core import (
    ChatResponse,
    InvalidResponse,
    JsonObject,
    Message,
    Notice,
    Part,
    Text,
    ToolCall,
    Turn,
    Usage,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire import (
    CallIds,
    error_from_object,
    finish_notices,
    finish_reason,
    is_error_object,
    read_object,
    tool_call,
)

from chat_acme.wire import END_WORDS


def decode(body: bytes, *, ids: CallIds, notices: tuple[Notice, ...] = ()) -> ChatResponse:
    """Return the turn of a whole response. Raises `ProviderError` and `InvalidResponse`."""
    frame = read_object(body, "a turn of Acme's")
    check_frame(frame)
    if "end" not in frame:
        raise InvalidResponse(f"not a turn of Acme's: {body[:300].decode('utf-8', 'replace')}")
    text = as_text(frame.get("text"))
    parts: list[Part] = [Text(text)] if text else []
    parts += [_call(call, ids) for call in listed_calls(frame)]
    return replace(turn_of(parts, frame, notices), raw=frame)


def listed_calls(frame: JsonObject) -> list[JsonObject]:
    """Return the calls of a whole turn. One that comes twice, by its id, is one call."""
    calls = [as_object(call) for call in as_list(frame.get("calls"))]
    by_id = {as_text(call.get("id")) or f"without an id {at}": call for at, call in enumerate(calls)}
    return list(by_id.values())


def check_frame(frame: JsonObject) -> None:
    """Raise the error that a frame describes, whatever the status it came with."""
    if not frame.keys() & {"text", "call", "calls", "end"} and is_error_object(frame):
        raise error_from_object(frame)


def turn_of(parts: Sequence[Part], end: JsonObject, notices: tuple[Notice, ...] = ()) -> ChatResponse:
    """Return a turn of these parts; `end` has why it ended, and what it cost."""
    reason, word = finish_reason(end.get("end"), END_WORDS)
    used = as_object(end.get("usage"))
    turn = Turn(
        reason,
        word,
        Usage(as_count(used.get("in")), as_count(used.get("out")), raw=used),
        as_text(end.get("model")) or None,
        as_text(end.get("id")) or None,
    )
    message = Message("model", list(parts), turn=turn)
    return ChatResponse(message, notices + finish_notices(reason, word))


def _call(call: JsonObject, ids: CallIds) -> ToolCall:
    name, arguments = as_text(call.get("name")), as_text(call.get("arguments"))
    return tool_call(ids.claim(as_text(call.get("id"))), name, arguments)
