"""Files in messages: images, sounds, videos, documents."""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import ClassVar, Literal
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import is_a, kind_of
from chat_core.types.native import Native
from chat_core.types.short_repr import ShortRepr

_SCHEMES = frozenset({"http", "https", "gs", "s3"})


@dataclass(frozen=True, slots=True, repr=False)
class File(ShortRepr):
    """An image, a sound, a document: its bytes (`data`), a `url`, or the `id` a provider knows it by.

    Nothing is downloaded. Other names of a common MIME type become the usual one: `image/jpg` is
    `image/jpeg`. Raises `ConfigurationError` where it has none of the three, or more than one.
    """

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
        if self.mimetype is not None:
            from chat_core.types.file_types import usual_name  # with the first file

            object.__setattr__(self, "mimetype", usual_name(self.mimetype))

    @staticmethod
    def from_path(path: str | Path, mimetype: str | None = None) -> File:
        """Read a file now.

        Without `mimetype` its first bytes decide, then its name; text of any kind is text. Raises
        `ConfigurationError` where it cannot be read.
        """
        if not is_a(path, str, PurePath):
            raise ConfigurationError(
                f"File.from_path takes a path, not {kind_of(path)}; File.from_bytes takes bytes"
            )
        path = Path(path)
        try:
            data = path.read_bytes()
        except (OSError, ValueError) as exc:
            raise ConfigurationError(f"File.from_path({str(path)!r}) cannot read the file: {exc}") from exc
        return File.from_bytes(data, mimetype, name=path.name)

    @staticmethod
    def from_bytes(data: bytes, mimetype: str | None = None, *, name: str | None = None) -> File:
        """Return a file of these bytes.

        Without `mimetype` the first bytes decide, then `name`, and text of any kind is text.
        Raises `ConfigurationError`, which asks for it, where none of them tells.
        """
        if not is_a(data, bytes, bytearray, memoryview):
            raise ConfigurationError(
                f"File.from_bytes takes bytes, not {kind_of(data)}; File.from_path takes a path"
            )
        from chat_core.types.file_types import mimetype_of

        data = bytes(data)
        mimetype = mimetype or mimetype_of(data, name)
        if mimetype is None:
            raise ConfigurationError(
                f"cannot tell the MIME type of {name or 'these bytes'}: pass mimetype='...'"
            )
        return File(mimetype, data, name=name)

    @staticmethod
    def from_url(url: str, mimetype: str | None = None) -> File:
        """Return a file that the provider fetches (http, https, gs, s3), or that a data:

        URL holds, decoded here.

        Without `mimetype` the name in the URL decides; where it tells nothing, the file has none, and a wire
        that needs one asks for it. Raises `ConfigurationError` for another scheme, and for base64 that cannot
        be decoded.
        """
        from chat_core.types.file_types import mimetype_of, mimetype_of_name

        split = _split(url)
        if split.scheme == "data":
            head, _, body = url[5:].partition(",")
            kind, *flags = head.split(";")
            raw = unquote_to_bytes(body)
            data = _decode_base64(raw) if "base64" in flags else raw
            return File.from_bytes(data, mimetype or mimetype_of(data) or kind or "text/plain")
        if split.scheme not in _SCHEMES or not split.netloc:
            raise ConfigurationError(
                f"not a URL a provider can fetch: {url[:80]!r}; File.from_path reads local files"
            )
        return File(mimetype or mimetype_of_name(split.path), url=url)

    @staticmethod
    def from_id(id: str, mimetype: str | None = None) -> File:
        """Return a file that was uploaded to the provider earlier."""
        return File(mimetype, id=id)

    @property
    def kind(self) -> Literal["image", "audio", "video", "document"]:
        """The kind that the MIME type names; anything else is a document."""
        match (self.mimetype or "").partition("/")[0].strip().lower():
            case "image" | "audio" | "video" as kind:
                return kind
            case _:
                return "document"

    def base64(self) -> str:
        """Return the bytes in standard base64. Raises `ConfigurationError` where there are none."""
        if self.data is None:
            raise ConfigurationError(
                f"this file is only known by its {'url' if self.url else 'id'}: read it yourself"
            )
        return b2a_base64(self.data, newline=False).decode("ascii")

    def data_url(self) -> str:
        """Return the bytes as a data:

        URL with the MIME type. Raises `ConfigurationError` where there are none.
        """
        return f"data:{self.mimetype};base64,{self.base64()}"


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as exc:
        raise ConfigurationError(f"not a URL: {url[:80]!r} ({exc})") from exc


def _decode_base64(encoded: bytes) -> bytes:
    import base64

    try:
        return base64.b64decode(b"".join(encoded.split()), validate=True)
    except ValueError as exc:
        raise ConfigurationError(
            f"the base64 of this data: URL cannot be read ({exc}): {encoded[:40]!r}..."
        ) from exc
