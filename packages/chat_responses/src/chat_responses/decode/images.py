"""Pictures in base64."""

from __future__ import annotations

import base64

from chat_core import File, JsonObject
from chat_core.types.json_values import as_text

_URLSAFE = str.maketrans("-_", "+/")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


def image(item: JsonObject, name: str) -> File | None:
    """Return the picture in one member of an item, or None where it is none.

    Its type is what its first bytes show, else the item's `output_format`, else PNG, which is the server's
    default.
    """
    try:
        data = _decoded(as_text(item.get(name)))
    except ValueError:
        return None
    if not data:
        return None
    form = as_text(item.get("output_format"))
    named = f"image/{'svg+xml' if form == 'svg' else form}" if form else "image/png"
    return File(_sniffed(data) or named, data)


def _decoded(encoded: str) -> bytes:
    """Return the bytes of base64, also in the URL's alphabet, without padding, or with line ends."""
    text = "".join(encoded.rpartition(",")[2].split()).translate(_URLSAFE)
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _sniffed(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] in (b"WEBP", b""):
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
