"""Images as `/api/chat` takes them: base64 of a JPEG, PNG or WebP file."""

from __future__ import annotations

import re

from chat_core import ConfigurationError, File

_READABLE = re.compile(rb"\x89PNG|\xff\xd8\xff|RIFF....WEBP", re.DOTALL)


def encode_image(file: File) -> str:
    """Return the base64 of an image. Its first bytes count, not its MIME type.

    Raises `ConfigurationError` for what the server cannot read. Facts: Ollama's server, August 2026.
    """
    if file.url is not None:
        raise ConfigurationError(
            f"ollama fetches no files: read {file.url[:200]} and pass File.from_bytes(...)"
        )
    if file.data is None:
        raise ConfigurationError("ollama keeps no files: pass the bytes with File.from_bytes(...)")
    if not _READABLE.match(file.data):
        if file.kind != "image":
            raise ConfigurationError(f"ollama takes no {file.kind}: it takes text and images")
        name = file.name or "the bytes of this file"
        raise ConfigurationError(
            f"ollama reads JPEG, PNG and WebP, and {name} is none (type {file.mimetype})"
        )
    return file.base64()
