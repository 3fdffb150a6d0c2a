"""A conversation as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chat_core import JsonObject, JsonValue, Messages, Scheduled, Text, ToolCall


def view(messages: Messages, postponed: Mapping[str, str], now: datetime) -> JsonObject:
    """Return the messages, each with its texts and calls in order, and the revision."""
    shown: list[JsonValue] = []
    for message in messages:
        parts: list[JsonValue] = []
        for part in message.parts:
            match part:
                case Text(text):
                    parts.append({"type": "text", "text": text})
                case ToolCall():
                    parts.append(_call(part, postponed, now))
                case _:
                    pass
        shown.append({"role": message.role, "parts": parts})
    return {"messages": shown, "revision": messages.revision}


def _call(call: ToolCall, postponed: Mapping[str, str], now: datetime) -> JsonObject:
    until = postponed.get(call.id)
    later = until if call.waiting and until and datetime.fromisoformat(until) > now else None
    return {
        "type": "call",
        "id": call.id,
        "name": call.name,
        "arguments": call.arguments,
        "edited": call.edited,
        "status": call.status.type,
        "note": call.note,
        "until": call.status.until.isoformat() if isinstance(call.status, Scheduled) else None,
        "postponed": later,
        "digest": call.digest,
        "by": call.approved_by,
        "outcome": call.outcome() if call.resolved else None,
    }
