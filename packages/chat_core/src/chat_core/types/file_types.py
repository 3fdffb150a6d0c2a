"""MIME types: from the first bytes of a file, from its name, and their usual names."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # with its first use: it reads the system's tables
    import mimetypes

_MAGIC = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)

_CONTAINERS = {  # whose files begin alike, whatever they hold: a name that is one of these is more exact
    "audio/ogg": ("audio/", "video/ogg", "application/ogg"),
    "video/webm": ("audio/webm", "video/x-matroska", "audio/x-matroska", "video/matroska"),
    "video/mp4": (
        "audio/mp4",
        "audio/m4a",
        "audio/x-m4a",
        "video/",
        "image/heic",
        "image/heif",
        "image/avif",
    ),
}

_BRANDS = {  # of the MPEG-4 family
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}

_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/x-flac": "audio/flac",
    "application/x-pdf": "application/pdf",
}

_TEXT_TYPES = r"text/|application/(json|xml|rtf|postscript|.*\+(json|xml))|image/svg\+xml"
_TEXT_PREFIX = 65_536  # bytes that are looked at
_CONTROLS = rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]"


def mimetype_of(data: bytes, name: str | None = None) -> str | None:
    """Return the MIME type of a file by its first bytes, then by its name; None where neither tells.

    A named file that is text by its bytes is `text/plain`, unless its name tells which kind of text it is.
    """
    named = mimetype_of_name(name) if name else None
    if (found := _by_magic(data)) is not None:
        return named if named and named.startswith(_CONTAINERS.get(found, ())) else found
    if name and _is_text(data):
        kind = _python_types().guess_type(name)[0] or ""
        return kind if re.match(_TEXT_TYPES, kind) else "text/plain"
    return named


def mimetype_of_name(name: str) -> str | None:
    """Return the MIME type that the ending of a name or of a path stands for; None where it tells nothing."""
    import mimetypes

    return mimetypes.guess_type(name)[0]


def usual_name(mimetype: str) -> str:
    """Return the MIME type under its usual name, its parameters as they are; one that is not known stays as
    it is.
    """
    base, separator, parameters = mimetype.partition(";")
    lowered = base.strip().lower()
    if lowered in _ALIASES:
        return _ALIASES[lowered] + separator + parameters
    return lowered + separator + parameters if base != lowered and lowered in _known_types() else mimetype


@cache
def _python_types() -> mimetypes.MimeTypes:
    """Return Python's table without the system's, for which `.rs` is XML and `.ts` a video."""
    import mimetypes

    return mimetypes.MimeTypes()


@cache
def _known_types() -> frozenset[str]:
    import mimetypes

    return frozenset(mimetypes.types_map.values()) | frozenset(_ALIASES.values())


def _by_magic(data: bytes) -> str | None:
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    return next((mimetype for magic, mimetype in _MAGIC if data.startswith(magic)), None)


def _is_text(data: bytes) -> bool:
    head = data[:_TEXT_PREFIX]
    if re.search(_CONTROLS, head) or not re.search(
        rb"\w", head
    ):  # bytes without a letter or digit tell nothing
        return False
    try:
        head.decode()
    except UnicodeDecodeError as exc:
        return len(data) > _TEXT_PREFIX and exc.start >= _TEXT_PREFIX - 3  # a character that the prefix cuts
    return True
