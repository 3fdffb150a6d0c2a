"""Images as `/api/chat` takes them: base64 of a JPEG, PNG or WebP file."""

from __future__ import annotations

import re

from chat_core import ConfigurationError, File

_READABLE_BYTES = re.compile(rb"\x89PNG|\xff\xd8\xff|RIFF....WEBP", re.DOTALL)
_OTHER_BYTES = re.compile(rb"GIF8|BM|II\*\x00|MM\x00\*|....ftyp|%PDF|<svg|<\?xml", re.DOTALL)
_READABLE_TYPES = frozenset({"image/png", "image/jpeg", "image/jpg", "image/webp"})


def encode_image(file: File) -> str:
    """Return the base64 of an image. Its first bytes count before its MIME type.

    Raises `ConfigurationError` for what the server cannot read. Facts: Ollama's server, August 2026.
    """
    if file.url is not None:
        raise ConfigurationError(
            f"ollama fetches no files: read {file.url[:200]} and pass File.from_bytes(...)"
        )
    if file.data is None:
        raise ConfigurationError("ollama keeps no files: pass the bytes with File.from_bytes(...)")
    if not _READABLE_BYTES.match(file.data):
        if file.kind != "image":
            raise ConfigurationError(f"ollama takes no {file.kind}: it takes text and images")
        mimetype = (file.mimetype or "").partition(";")[0].strip().lower()
        if mimetype not in _READABLE_TYPES or _OTHER_BYTES.match(file.data):
            raise ConfigurationError(f"ollama reads JPEG, PNG and WebP, and this is {_described(file)}")
    return file.base64()


def _described(file: File) -> str:
    return f"{file.name or 'a file'} of type {file.mimetype}"
