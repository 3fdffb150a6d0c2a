"""Files as content blocks: their format by name, their bytes or their place in S3."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chat_core import ConfigurationError, File, JsonObject
from chat_core.types.json_values import as_object

from chat_bedrock.blocks import MARKED
from chat_bedrock.wire import Block

_IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
_MAGIC = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))
_VIDEOS = {
    "video/x-matroska": "mkv",
    "video/quicktime": "mov",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/x-ms-wmv": "wmv",
    "video/3gpp": "three_gp",
}
_AUDIOS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/opus": "opus",
    "audio/wav": "wav",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/mp4": "mp4",
    "audio/ogg": "ogg",
    "audio/x-matroska": "mka",
    "audio/m4a": "m4a",
    "audio/l16": "pcm",
    "audio/webm": "webm",
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    f"{_OFFICE}wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    f"{_OFFICE}spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
_FORMATS = {"image": _IMAGES, "video": _VIDEOS, "audio": _AUDIOS, "document": _DOCUMENTS}
_TEXTS = frozenset(
    f"application/{name}" for name in ("json", "xml", "yaml", "toml", "javascript", "sql", "x-sh", "x-ndjson")
)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9 \-()\[\]]+")
_S3 = "s3://"


class Files:
    """Encodes the files of one request: no two of its documents may have one name."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def block(self, file: File) -> Block:
        """Return the content block of a file. Raises `ConfigurationError` for a file that the wire cannot
        carry."""
        mimetype = plain_mimetype(file)
        kind = file_kind(mimetype)
        content: JsonObject = {"format": _format(file, kind, mimetype)}
        if kind == "document":
            content["name"] = self._name(file)
        content["source"] = _source(file)
        if kind == "document" and file.native is not None and file.native.origin == MARKED:
            content |= _marks(file.native.data)
        return {kind: content}

    def _name(self, file: File) -> str:
        """Return a name of letters, digits, spaces, hyphens and brackets that no other document of the
        request has."""
        stem = (file.name or "document").rpartition(".")[0] or file.name or "document"
        plain = " ".join(_NOT_IN_NAMES.sub(" ", stem).split())[:180] or "document"
        name, count = plain, 1
        while name in self._names:
            count += 1
            name = f"{plain} {count}"
        self._names.add(name)
        return name


def file_kind(mimetype: str) -> str:
    """Return the kind of block that holds a file of this MIME type."""
    kind = mimetype.partition("/")[0]
    return kind if kind in ("image", "video", "audio") else "document"


def plain_mimetype(file: File) -> str:
    """Return the MIME type in lower case, without parameters and without the `x-` of older names."""
    mimetype = (file.mimetype or "").partition(";")[0].strip().lower()
    return _SAME.get(mimetype, mimetype)


_SAME: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-m4a": "audio/m4a",
    "audio/x-flac": "audio/flac",
    "application/x-pdf": "application/pdf",
    "application/csv": "text/csv",
    "text/x-markdown": "text/markdown",
    "application/x-yaml": "application/yaml",
    "video/x-m4v": "video/mp4",
    "video/mkv": "video/x-matroska",
    "video/matroska": "video/x-matroska",
    "video/wmv": "video/x-ms-wmv",
}


def _format(file: File, kind: str, mimetype: str) -> str:
    """Return the name of a file's format. An image's bytes outweigh its MIME type, since the server compares
    the two."""
    if kind == "image" and (found := _image_format(file.data or b"")):
        return found
    formats = _FORMATS[kind]
    if kind == "document" and (mimetype.startswith("text/") or mimetype in _TEXTS):
        return formats.get(mimetype, "txt")
    if mimetype not in formats:
        known = ", ".join(dict.fromkeys(formats.values()))
        raise ConfigurationError(
            f"Bedrock takes no {kind} of type {mimetype or 'unknown'}; it takes {known}: convert it, or "
            f"pass mimetype='...'"
        )
    return formats[mimetype]


def _image_format(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((name for magic, name in _MAGIC if data.startswith(magic)), None)


def _source(file: File) -> JsonObject:
    if file.data == b"":
        raise ConfigurationError("Bedrock takes no empty files")
    if file.data is not None:
        return {"bytes": file.base64()}
    if file.url is not None and file.url.startswith(_S3):
        return {"s3Location": {"uri": file.url}}
    if file.url is not None:
        raise ConfigurationError(
            "Bedrock fetches no files but from S3: read the file yourself and send it by File.from_bytes(...)"
        )
    raise ConfigurationError(
        "Bedrock knows no file ids: send the bytes by File.from_bytes(...), or an s3:// URL"
    )


def _marks(data: JsonObject) -> JsonObject:
    marks: JsonObject = {}
    if isinstance(context := data.get("context"), str) and context.strip():
        marks["context"] = context
    if as_object(data.get("citations")).get("enabled") is True:
        marks["citations"] = {"enabled": True}
    return marks
