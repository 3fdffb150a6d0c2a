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


_NOT_RUN = "The turn was interrupted; the call was not run."


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
            if isinstance(event, FileReady) and not event.file.preview:
                parts.append(event.file)
            elif isinstance(event, ToolCallChunk):
                is_new = event.id not in arguments
                parts += [ToolCall(event.id, event.name, status=Failed(_NOT_RUN))] if is_new else []
                arguments.setdefault(event.id, []).append(event.arguments)
    for part in parts:
        if isinstance(part, ToolCall):
            part.arguments_text = "".join(arguments[part.id])
    return Message("model", parts, interrupted=True)


def _kind(event: TurnEvent) -> tuple[type[TurnEvent], bool]:
    return type(event), isinstance(event, TextChunk) and event.aside
