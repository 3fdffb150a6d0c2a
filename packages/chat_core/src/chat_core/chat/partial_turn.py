"""The turn that was begun, where it was cut, cancelled or left."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from chat_core.types.call_status import Failed
from chat_core.types.events import (
    FileReady,
    ReasoningChunk,
    RefusalChunk,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.types.messages import Message
from chat_core.types.parts import Part, Reasoning, Refusal, Text, ToolCall

_SAID: dict[type[TurnEvent], type[Text | Reasoning | Refusal]] = {
    TextChunk: Text,
    ReasoningChunk: Reasoning,
    RefusalChunk: Refusal,
}


def interrupted(seen: Iterable[TurnEvent]) -> Message:
    """What these events began: neighbours joined, calls closed, nothing native, since nothing was finished."""
    parts: list[Part] = []
    arguments: dict[str, list[str]] = {}
    for (kind, aside), events in groupby(seen, _kind):
        if kind in _SAID:
            text = "".join(
                event.text for event in events if isinstance(event, TextChunk | ReasoningChunk | RefusalChunk)
            )
            parts.append(Text(text, aside=True) if aside else _SAID[kind](text))
            continue
        for event in events:
            match event:
                case FileReady(file) if not file.preview:
                    parts.append(file)
                case ToolCallChunk(id, name, more):
                    if id not in arguments:
                        parts.append(
                            ToolCall(
                                id, name, status=Failed("The turn was interrupted; the call was not run.")
                            )
                        )
                    arguments.setdefault(id, []).append(more)
                case _:
                    pass
    for part in parts:
        if isinstance(part, ToolCall):
            part.arguments_text = "".join(arguments[part.id])
    return Message("model", parts, interrupted=True)


def _kind(event: TurnEvent) -> tuple[type[TurnEvent], bool]:
    return type(event), isinstance(event, TextChunk) and event.aside
