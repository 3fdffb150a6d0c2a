"""A turn as text that can be stored, and the same turn again: its events, and its response."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from chat_core.types.events import (
    Done,
    FileReady,
    ReasoningChunk,
    RefusalChunk,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.message import Message, Turn
from chat_core.types.messages import Messages
from chat_core.types.parts import Reasoning, Refusal, Text
from chat_core.types.response import ChatResponse, Notice
from chat_core.types.tool_call import ToolCall
from chat_core.types.usage import Usage

_VERSION = 1
_SPENT_NOTHING = Usage(0, 0, 0, 0, 0, 0)
_NOTICE = Notice("cache", "replayed from the cache: nothing was sent")


def stored_turn(response: ChatResponse, events: Sequence[TurnEvent] | None = None) -> str:
    """Return a turn as text; `events` are those of a stream, without its `Done`."""
    return json.dumps(
        {
            "version": _VERSION,
            "events": None if events is None else [event for each in events for event in _event_json(each)],
            "messages": Messages([response.message]).to_json(),
            "notices": [[notice.about, notice.message] for notice in response.notices],
            "raw": response.raw,
        },
        separators=(",", ":"),
    )


def restored_turn(data: str) -> tuple[ChatResponse, list[TurnEvent] | None] | None:
    """Return the turn of a stored text, as new objects; None where the text is none of this version.

    Its usage is 0 tokens and its cost 0, since nothing is sent, and a notice says so.
    """
    try:
        stored = cast("Mapping[str, JsonValue]", json.loads(data))
        if stored["version"] != _VERSION:
            return None
        message = Messages.from_json(cast("str", stored["messages"]))[0]
        raw = cast("JsonObject | None", stored["raw"])
        notices = tuple(Notice(*pair) for pair in cast("list[list[str]]", stored["notices"]))
        events = cast("list[list[str]] | None", stored["events"])
        restored = None if events is None else list(_events(events, message))
    except Exception:  # whatever is wrong with it, the turn can be had anew
        return None
    turn = message.turn or Turn()
    usage = replace(_SPENT_NOTHING, raw=turn.usage.raw)
    message.turn = replace(turn, usage=usage, cost="0")
    return ChatResponse(message, (*notices, _NOTICE), raw), restored


def pieces(message: Message) -> Iterator[TurnEvent]:
    """Yield a whole message as a stream would bring it, text word by word."""
    for part in message.parts:
        match part:
            case Text(text):
                yield from (TextChunk(word, aside=part.aside) for word in _words(text))
            case Reasoning(text):
                yield from map(ReasoningChunk, _words(text))
            case Refusal(text):
                yield from map(RefusalChunk, _words(text))
            case File():
                yield FileReady(part)
            case ToolCall():
                written = part.arguments_text  # as it came, also what is no JSON
                yield ToolCallChunk(
                    part.id, part.name, part.arguments_as_text() if written is None else written
                )
            case _:
                pass


def _words(text: str) -> Iterator[str]:
    """Yield a text in pieces that end with a space or a line break."""
    start = 0
    for at in range(1, len(text)):
        if text[at - 1].isspace() and not text[at].isspace():
            yield text[start:at]
            start = at
    if start < len(text):
        yield text[start:]


_TEXTS: Mapping[str, type[ReasoningChunk | RefusalChunk]] = {
    "reasoning": ReasoningChunk,
    "refusal": RefusalChunk,
}


def _event_json(event: TurnEvent) -> Iterator[list[str]]:
    match event:
        case TextChunk(text):
            yield ["aside" if event.aside else "text", text]
        case ReasoningChunk(text):
            yield ["reasoning", text]
        case RefusalChunk(text):
            yield ["refusal", text]
        case ToolCallChunk(id, name, arguments):
            yield ["call", id, name, arguments]
        case FileReady(file) if not file.preview:  # the file itself is in the message
            yield ["file"]
        case FileReady() | Done():
            pass


def _events(stored: list[list[str]], message: Message) -> Iterator[TurnEvent]:
    files = iter(message.files)
    for kind, *values in stored:
        if kind in ("text", "aside"):
            yield TextChunk(values[0], aside=kind == "aside")
        elif kind == "call":
            yield ToolCallChunk(*values)
        elif kind == "file":
            yield FileReady(next(files))
        else:
            yield _TEXTS[kind](values[0])
