"""From the body of an Images answer to a core response."""

from __future__ import annotations

import json
from dataclasses import replace

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
from chat_core.wire.read import read_object
from chat_responses.decode import event_error, usage
from chat_responses.items import image


def decode(body: bytes, *, origin: Origin) -> ChatResponse:
    """The pictures of a whole answer, as the parts of a turn. Raises `ProviderError` for an error, `InvalidResponse` for no
    pictures."""
    return read(read_object(body, "an images answer"), origin)


def read(answer: JsonObject, origin: Origin) -> ChatResponse:
    """`decode`, of what has been parsed."""
    if answer.get("error"):
        raise event_error(answer)
    files = [picture(as_object(item), answer, origin) for item in as_list(answer.get("data"))]
    if not files:
        raise InvalidResponse(f"not an images answer: {json.dumps(answer)[:300]}")
    return drawn(files, usage(answer.get("usage")), answer)


def picture(item: JsonObject, answer: JsonObject, origin: Origin) -> File:
    """One picture. Its type is what the server says, of it or of all of them, else what its bytes or its URL look like. What else
    is said of it, such as `revised_prompt`, is its native data. Raises `InvalidResponse`."""
    told = as_text(item.get("mime_type"))
    if url := as_text(item.get("url")):
        file = _at(url, told or None)
    elif found := image({"output_format": answer.get("output_format"), **item}, "b64_json"):
        file = replace(found, mimetype=told or found.mimetype)
    else:
        raise InvalidResponse(f"not a picture: {json.dumps(item)[:300]}")
    kept = {name: value for name, value in item.items() if name not in _SAID_BY_THE_PART}
    return replace(file, native=Native(origin, kept) if kept else None)


_SAID_BY_THE_PART = ("b64_json", "url", "mime_type")


def drawn(files: list[File], used: Usage, raw: JsonObject) -> ChatResponse:
    """The turn that these pictures are. There is no finish reason on this wire: what is there is whole."""
    parts: list[Part] = [*files]
    turn = Turn("stop", usage=used, model=as_text(raw.get("model")) or None)
    return ChatResponse(Message("model", parts, turn=turn), raw=raw)


def _at(url: str, mimetype: str | None) -> File:
    try:
        return File.from_url(url, mimetype)
    except ConfigurationError as exc:
        raise InvalidResponse(f"not the URL of a picture: {url[:200]!r}") from exc
