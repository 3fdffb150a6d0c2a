"""The message of a turn that was cut, cancelled or left."""

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
from chat_core.types.message import Message
from chat_core.types.parts import Part, Reasoning, Refusal, Text
from chat_core.types.tool_call import ToolCall

_PART_OF: dict[type[TurnEvent], type[Text | Reasoning | Refusal]] = {
    TextChunk: Text,
    ReasoningChunk: Reasoning,
    RefusalChunk: Refusal,
}


def interrupted(seen: Iterable[TurnEvent]) -> Message:
    """Return the message that these events began: neighbours joined, calls closed, nothing native, since
    nothing was finished.
    """
    parts: list[Part] = []
    arguments: dict[str, list[str]] = {}
    for (kind, aside), events in groupby(seen, _kind):
        if kind in _PART_OF:
            text = "".join(
                event.text for event in events if isinstance(event, TextChunk | ReasoningChunk | RefusalChunk)
            )
            parts.append(Text(text, aside=True) if aside else _PART_OF[kind](text))
            continue
        for event in events:
            match event:
                case FileReady(file) if not file.preview:
                    parts.append(file)
                case ToolCallChunk(id, name, more):
                    if id not in arguments:
                        error = "The turn was interrupted; the call was not run."
                        parts.append(ToolCall(id, name, status=Failed(error)))
                    arguments.setdefault(id, []).append(more)
                case _:
                    pass
    for part in parts:
        if isinstance(part, ToolCall):
            part.arguments_text = "".join(arguments[part.id])
    return Message("model", parts, interrupted=True)


def _kind(event: TurnEvent) -> tuple[type[TurnEvent], bool]:
    return type(event), isinstance(event, TextChunk) and event.aside
