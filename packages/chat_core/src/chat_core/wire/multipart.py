"""A form with a file, as some endpoints of vendors take it: the body and its content type."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File

_EXTENSIONS = {
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/webm": "webm",
    "video/webm": "webm",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
}


class Form(NamedTuple):
    """The bytes of a form and the `content-type` that names its boundary."""

    body: bytes
    content_type: str


def encode_form(fields: Mapping[str, object], file: File | None = None) -> Form:
    """Return a form of the fields that are not None, and a file after them, where there is one.

    A field whose value is a list stands there once for each item. Raises `ConfigurationError` for a file
    without bytes.
    """
    written = [
        (key, item)
        for key, value in fields.items()
        if value is not None
        for item in (cast("Iterable[object]", value) if isinstance(value, list | tuple) else (value,))
    ]
    if file is None:
        boundary = hashlib.sha256(repr(written).encode()).hexdigest()[:32]
        return Form(_fields(written, boundary) + f"--{boundary}--\r\n".encode(), _type(boundary))
    if file.data is None:
        raise ConfigurationError(
            f"this needs the file's bytes: read {file.url or file.id} and pass File.from_bytes(...)"
        )
    mimetype = file.mimetype or "application/octet-stream"
    name = file.name or f"file.{_EXTENSIONS.get(mimetype, 'bin')}"
    if any(sign in f"{name}{mimetype}" for sign in '\r\n"\0'):
        raise ConfigurationError(f"no name or type of a file in a form: {name!r}, {mimetype!r}")
    boundary = hashlib.sha256(file.data).hexdigest()[:32]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    parts = [
        _fields(written, boundary),
        f"{head}Content-Type: {mimetype}\r\n\r\n".encode(),
        file.data,
        f"\r\n--{boundary}--\r\n".encode(),
    ]
    return Form(b"".join(parts), _type(boundary))


def _fields(written: Iterable[tuple[str, object]], boundary: str) -> bytes:
    return "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{_text(value)}\r\n'
        for key, value in written
    ).encode()


def _text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _type(boundary: str) -> str:
    return f"multipart/form-data; boundary={boundary}"
