"""Files that a model made."""

from __future__ import annotations

import base64
from dataclasses import replace

from chat_core import ConfigurationError, File, InvalidResponse, JsonObject, Native, Opaque, Origin, Part
from chat_core.types.json_values import as_text


def inline_file(blob: JsonObject, beside: JsonObject, origin: Origin) -> File:
    """Return the file whose bytes a part holds; one that is a thought is a preview.

    Raises `InvalidResponse`.
    """
    encoded = as_text(blob.get("data"))
    try:
        data = base64.b64decode(
            encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4), validate=True
        )
    except ValueError as exc:
        raise InvalidResponse(f"the data of a file is not base64: {encoded[:60]!r}") from exc
    tag = Native(origin, beside) if beside else None
    return File(
        as_text(blob.get("mimeType")) or None, data, preview=beside.get("thought") is True, native=tag
    )


def stored_file(part: JsonObject, data: JsonObject, beside: JsonObject, origin: Origin) -> Part:
    """Return the file that lies somewhere else; the whole part as a block where its address is no URL."""
    try:
        file = File.from_url(as_text(data.get("fileUri")), as_text(data.get("mimeType")) or None)
    except (ConfigurationError, ValueError):
        return Opaque(Native(origin, part))
    return replace(file, native=Native(origin, beside) if beside else None)
