"""Texts where servers send another JSON type."""

from __future__ import annotations

import json

from chat_core import JsonValue


def text_of_value(value: JsonValue) -> str:
    """Return a text, or the text in an object that holds one, or the JSON text of another value; "" for
    null.
    """
    if value in (None, [], {}):
        return ""
    match value:
        case str():
            return value
        case {"text": str(text)}:
            return text
        case list():
            return "".join(text_of_value(item) for item in value)
        case _:
            return json.dumps(value, ensure_ascii=False)
