"""Events of Bedrock's streams as events of the Messages wire: each holds one, or is an exception."""

from __future__ import annotations

import json
from base64 import b64decode

from chat_core import Event, InvalidResponse
from chat_core.types.json_values import as_text
from chat_core.wire import read_object


def messages_event(event: Event) -> Event:
    """Return the event that a chunk holds. An exception becomes an error frame; other events stay as they
    are.

    Raises `InvalidResponse` for a chunk that holds none.
    """
    kind, _, name = event.type.partition(":")
    if kind in ("exception", "error") and name:
        explanation = _message(event.data)
        error = {"type": "error", "error": {"type": name[:1].upper() + name[1:], "message": explanation}}
        return Event("error", json.dumps(error))
    if event.type != "chunk":
        return event
    encoded = as_text(read_object(event.data, "a chunk of a stream").get("bytes"))
    try:
        return Event("message", b64decode(encoded, validate=True).decode())
    except ValueError as exc:
        raise InvalidResponse(f"a chunk of a stream without bytes: {event.data[:200]!r}") from exc


def _message(data: str) -> str:
    try:
        body = read_object(data, "an exception")
    except InvalidResponse:
        return data
    return as_text(body.get("message")) or as_text(body.get("Message")) or data
