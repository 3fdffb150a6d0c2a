"""From the body of an Images response to a core response."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from chat_core import (
    ChatResponse,
    ConfigurationError,
    File,
    InvalidResponse,
    JsonObject,
    Message,
    Native,
    Origin,
    Part,
    Turn,
    Usage,
)
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import is_error_object, read_object
from chat_responses.decode import event_error, usage
from chat_responses.decode.images import image
from chat_responses.items import without

_IN_THE_FILE: Final = ("b64_json", "url", "mime_type")  # members that a `File` holds itself


def decode(body: bytes, *, origin: Origin) -> ChatResponse:
    """Return the pictures of a whole response, as the parts of a turn.

    Raises `ProviderError` for an error, `InvalidResponse` for no pictures.
    """
    return read_drawing(read_object(body, "an images response"), origin)


def read_drawing(answer: JsonObject, origin: Origin) -> ChatResponse:
    """Return the turn of a parsed body. Raises as `decode`."""
    if answer.get("error") or ("data" not in answer and is_error_object(answer)):
        raise event_error(answer)
    data = answer.get("data")
    items = [data] if isinstance(data, dict) else as_list(data)
    files = [picture(as_object(item), answer, origin) for item in items]
    if not files:
        raise InvalidResponse(f"not an images response: {json.dumps(answer)[:300]}")
    return drawing(files, usage(answer.get("usage")), answer)


def picture(item: JsonObject, answer: JsonObject, origin: Origin) -> File:
    """Return one picture. Raises `InvalidResponse`.

    Its type is what its bytes show, else what the server says of it or of all of them, else what its URL
    looks like. Other members, such as `revised_prompt`, are its native data.
    """
    named = as_text(item.get("mime_type")) or None
    form = {"output_format": named.partition("/")[2]} if named else {}
    if url := as_text(item.get("url")):
        file = _at(url, named)
    elif found := image({"output_format": answer.get("output_format"), **item, **form}, "b64_json"):
        file = found
    else:
        raise InvalidResponse(f"not a picture: {json.dumps(item)[:300]}")
    native = without(item, *_IN_THE_FILE)
    return replace(file, native=Native(origin, native) if native else None)


def drawing(files: list[File], used: Usage, raw: JsonObject) -> ChatResponse:
    """Return the turn of these pictures. There is no finish reason on this wire: what is there is whole."""
    parts: list[Part] = [*files]
    turn = Turn("stop", usage=used, model=as_text(raw.get("model")) or None)
    return ChatResponse(Message("model", parts, turn=turn), raw=raw)


def _at(url: str, mimetype: str | None) -> File:
    try:
        return File.from_url(url, mimetype)
    except ConfigurationError as exc:
        raise InvalidResponse(f"not the URL of a picture: {url[:200]!r}") from exc
