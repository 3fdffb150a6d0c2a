"""Files in messages: images, sounds, videos, documents."""

from __future__ import annotations

import base64
import mimetypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal
from urllib.parse import unquote_to_bytes, urlsplit

from chat_core.types.errors import ConfigurationError
from chat_core.types.native import Native
from chat_core.types.short_repr import ShortRepr

_SCHEMES = frozenset({"http", "https", "gs", "s3"})


@dataclass(frozen=True, slots=True, repr=False)
class File(ShortRepr):
    """An image, a sound, a document: its bytes (`data`), a `url`, or the `id` a provider knows it by. Nothing is downloaded."""

    mimetype: str | None = None
    data: bytes | None = field(default=None, repr=False)
    url: str | None = None
    id: str | None = None
    name: str | None = None
    transcript: str | None = field(default=None, kw_only=True)
    preview: bool = field(default=False, kw_only=True)
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["file"] = field(default="file", kw_only=True, repr=False)

    __pydantic_config__: ClassVar[dict[str, str]] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

    def __post_init__(self) -> None:
        if (self.data is not None) + (self.url is not None) + (self.id is not None) != 1:
            raise ConfigurationError(
                "a File is its data, a url or an id: use File.from_path, from_bytes, from_url or from_id"
            )

    @staticmethod
    def from_path(path: str | Path, mimetype: str | None = None) -> File:
        """Read a file now. The MIME type comes from its name, else from its first bytes."""
        path = Path(path)
        return File.from_bytes(
            path.read_bytes(), mimetype or mimetypes.guess_type(path.name)[0], name=path.name
        )

    @staticmethod
    def from_bytes(data: bytes, mimetype: str | None = None, *, name: str | None = None) -> File:
        """Bytes at hand. Without `mimetype` the first bytes decide, or `ConfigurationError` asks for it."""
        mimetype = mimetype or _sniff(data)
        if mimetype is None:
            raise ConfigurationError(
                f"cannot tell the MIME type of {name or 'these bytes'}: pass mimetype='...'"
            )
        return File(mimetype, data, name=name)

    @staticmethod
    def from_url(url: str, mimetype: str | None = None) -> File:
        """A file the provider fetches (http, https, gs, s3), or a data: URL, which is decoded here."""
        scheme = urlsplit(url).scheme
        if scheme == "data":
            head, _, body = url[5:].partition(",")
            kind, *flags = head.split(";")
            raw = unquote_to_bytes(body)
            return File.from_bytes(
                _unbase64(raw) if "base64" in flags else raw, mimetype or kind or "text/plain"
            )
        if scheme not in _SCHEMES:
            raise ConfigurationError(
                f"not a URL a provider can fetch: {url[:80]!r}; File.from_path reads local files"
            )
        return File(mimetype or mimetypes.guess_type(urlsplit(url).path)[0], url=url)

    @staticmethod
    def from_id(id: str, mimetype: str | None = None) -> File:
        """A file uploaded to the provider earlier."""
        return File(mimetype, id=id)

    @property
    def kind(self) -> Literal["image", "audio", "video", "document"]:
        """What the MIME type says it is; anything else is a document."""
        match (self.mimetype or "").partition("/")[0]:
            case "image" | "audio" | "video" as kind:
                return kind
            case _:
                return "document"

    def base64(self) -> str:
        """The bytes in standard base64; `ConfigurationError` where there are none."""
        if self.data is None:
            raise ConfigurationError(
                f"this file is only known by its {'url' if self.url else 'id'}: read it yourself"
            )
        return base64.b64encode(self.data).decode("ascii")

    def data_url(self) -> str:
        """The bytes as a data: URL, with the MIME type; `ConfigurationError` where there are none."""
        return f"data:{self.mimetype};base64,{self.base64()}"


_MAGIC = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
)

_BRANDS = {  # of the MPEG-4 family, whose files all begin alike
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}


def _unbase64(encoded: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(encoded.split()), validate=True)
    except ValueError as exc:
        raise ConfigurationError(
            f"the base64 of this data: URL cannot be read ({exc}): {encoded[:40]!r}..."
        ) from exc


def _sniff(data: bytes) -> str | None:
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    return next((mimetype for magic, mimetype in _MAGIC if data.startswith(magic)), None)
