"""Reading one JSON object of Ollama's: an error, or what it says."""

from __future__ import annotations

import json

from chat_core import JsonObject, JsonValue
from chat_core.wire import error_from_object, is_error_object, read_object


def read_body(body: bytes, what: str) -> JsonObject:
    """Return the object that a whole body is; `what` names it in errors.

    Raises `ProviderError` where it describes an error, `InvalidResponse` where it is no object.
    """
    answer = read_object(body, what)
    if answer.get("error"):
        raise error_from_object(answer)
    return answer


def check_frame(frame: JsonObject) -> None:
    """Raise the error that a line of a stream, or a whole turn, describes.

    A turn's `message` is an object.
    """
    if frame.get("error") or (not isinstance(frame.get("message"), dict) and is_error_object(frame)):
        raise error_from_object(frame)


def is_last(frame: JsonObject) -> bool:
    """Return whether a line is the last one of its turn."""
    return frame.get("done") in (True, "true")


def text_of_value(value: JsonValue) -> str:
    """Return the text of a field that should hold text. Other JSON becomes its own text, so that nothing is
    lost.

    Lists of parts, as in Chat Completions, become the texts of the parts.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case [*items] if items and all(_part_text(item) is not None for item in items):
            return "".join(_part_text(item) or "" for item in items)
        case [] | {}:
            return "" if not value else json.dumps(value, ensure_ascii=False)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _part_text(item: JsonValue) -> str | None:
    match item:
        case str(text) | {"text": str(text)}:
            return text
        case _:
            return None
