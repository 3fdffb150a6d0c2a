"""What a message is made of."""

from __future__ import annotations

import base64
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias
from urllib.parse import unquote_to_bytes, urlsplit

from chat_core.errors import ConfigurationError
from chat_core.jsonvalue import JsonObject, JsonValue, as_json
from chat_core.shortrepr import ShortRepr
from chat_core.status import Approved, Completed, Failed, Pending, Rejected, Resolved, ToolStatus, Waiting


@dataclass(frozen=True, slots=True)
class Origin:
    """Where native data comes from, and so the only place it is sent back to."""

    provider: str
    endpoint: str
    model: str


@dataclass(frozen=True, slots=True)
class Native:
    """A provider's own data, kept as received: signatures, sealed reasoning, item ids, whole blocks."""

    origin: Origin
    data: JsonObject = field(repr=False)

    def for_(self, origin: Origin) -> JsonObject | None:
        """The data, if `origin` is where it came from."""
        return self.data if origin == self.origin else None


@dataclass(frozen=True, slots=True, repr=False)
class Citation(ShortRepr):
    """A source the model names for a text, as far as the provider says: `start` and `end` are its own character offsets."""

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Text(ShortRepr):
    """Visible text. An `aside` is no part of the answer: what a model says of its work on the way, where the provider marks it."""

    text: str
    citations: tuple[Citation, ...] = ()
    aside: bool = field(default=False, kw_only=True)
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["text"] = field(default="text", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Reasoning(ShortRepr):
    """What the model thought: its text or a summary, or nothing readable at all where the provider seals it in `native`."""

    text: str
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["reasoning"] = field(default="reasoning", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Refusal(ShortRepr):
    """Why the model declines, where the provider keeps that apart from text."""

    text: str
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["refusal"] = field(default="refusal", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Structured(ShortRepr):
    """A JSON value: one to show to the model, or the model's typed output; `text` is its text as received."""

    value: JsonValue
    text: str | None = None
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["structured"] = field(default="structured", kw_only=True, repr=False)

    def as_text(self) -> str:
        """The JSON, byte for byte as it was received where it was."""
        return json.dumps(self.value, ensure_ascii=False) if self.text is None else self.text


@dataclass(frozen=True, slots=True)
class Opaque:
    """A provider's own block that this library has no word for. It is kept, and sent back to where it came from."""

    native: Native
    type: Literal["opaque"] = field(default="opaque", kw_only=True, repr=False)


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
            raise ConfigurationError("a File is its data, a url or an id: use File.from_path, from_bytes, from_url or from_id")

    @staticmethod
    def from_path(path: str | Path, mimetype: str | None = None) -> File:
        """Read a file now. The MIME type comes from its name, else from its first bytes."""
        path = Path(path)
        return File.from_bytes(path.read_bytes(), mimetype or mimetypes.guess_type(path.name)[0], name=path.name)

    @staticmethod
    def from_bytes(data: bytes, mimetype: str | None = None, *, name: str | None = None) -> File:
        """Bytes at hand. Without `mimetype` the first bytes decide, or `ConfigurationError` asks for it."""
        mimetype = mimetype or _sniff(data)
        if mimetype is None:
            raise ConfigurationError(f"cannot tell the MIME type of {name or 'these bytes'}: pass mimetype='...'")
        return File(mimetype, data, name=name)

    @staticmethod
    def from_url(url: str, mimetype: str | None = None) -> File:
        """A file the provider fetches (http, https, gs, s3), or a data: URL, which is decoded here."""
        scheme = urlsplit(url).scheme
        if scheme == "data":
            head, _, body = url[5:].partition(",")
            kind, *flags = head.split(";")
            raw = unquote_to_bytes(body)
            return File.from_bytes(_unbase64(raw) if "base64" in flags else raw, mimetype or kind or "text/plain")
        if scheme not in _SCHEMES:
            raise ConfigurationError(f"not a URL a provider can fetch: {url[:80]!r}; File.from_path reads local files")
        return File(mimetype or mimetypes.guess_type(urlsplit(url).path)[0], url=url)

    @staticmethod
    def from_id(id: str, mimetype: str | None = None) -> File:  # noqa: A002  the field's name
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
            raise ConfigurationError(f"this file is only known by its {'url' if self.url else 'id'}: read it yourself")
        return base64.b64encode(self.data).decode("ascii")

    def data_url(self) -> str:
        """The bytes as a data: URL, with the MIME type; `ConfigurationError` where there are none."""
        return f"data:{self.mimetype};base64,{self.base64()}"


@dataclass(slots=True, repr=False)
class ToolCall(ShortRepr):
    """One call of a tool, and what became of it: request and result are one part, so half a pair cannot be lost.

    `id` is unique in the conversation. `arguments` are the model's and never change. Where what it wrote is no JSON object they
    are empty, `arguments_text` still holds it, and the call is `Failed`. `edited` are the arguments a reviewer put in their
    place, `approved_by` is who that was. `files` are what the tool returned beside its result.
    """

    id: str
    name: str
    arguments: JsonObject = field(default_factory=dict[str, JsonValue])
    status: ToolStatus = Pending()
    edited: JsonObject | None = field(default=None, kw_only=True)
    approved_by: str | None = field(default=None, kw_only=True)
    files: tuple[File, ...] = field(default=(), kw_only=True)
    arguments_text: str | None = field(default=None, kw_only=True, repr=False)
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["tool_call"] = field(default="tool_call", kw_only=True, repr=False)

    @property
    def effective_arguments(self) -> JsonObject:
        """What the tool runs with: the reviewer's edit where there is one, else the model's own."""
        return self.arguments if self.edited is None else self.edited

    @property
    def resolved(self) -> bool:
        """Whether the model can be told how it ended."""
        return isinstance(self.status, Resolved)

    @property
    def waiting(self) -> bool:
        """Whether it waits: for a person, for its time, or for word of what became of it."""
        return isinstance(self.status, Waiting)

    @property
    def failed(self) -> bool:
        """Whether what the model is told is not a result."""
        return isinstance(self.status, Failed | Rejected)

    def approve(self, arguments: Mapping[str, object] | None = None, by: str | None = None) -> None:
        """Let it run at the next `complete` or `resume`, with other `arguments` where given. On an `Unknown` call: run it again."""
        self._decide("approve")
        if arguments is not None:
            edited = as_json(dict(arguments))
            assert isinstance(edited, dict)
            self.edited = edited
        self.approved_by = by
        self.status = Approved()

    def reject(self, reason: str | None = None) -> None:
        """Do not run it; the model is told `reason`."""
        self._decide("reject")
        self.status = Rejected(reason)

    def complete(self, result: object) -> None:
        """It was done elsewhere; `result` (anything JSON can say) is what the model is told."""
        self._decide("complete")
        self.status = Completed(as_json(result))

    def outcome(self) -> str:
        """What the model is told, as text: the result (JSON unless it is text), the error or the reason."""
        match self.status:
            case Completed(result):
                return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
            case Failed(error):
                return error
            case Rejected(reason):
                return reason or "The call was declined."
            case _:
                raise ConfigurationError(f"call {self.id} of {self.name} has no outcome yet: it is {self.status.type}")

    def _decide(self, decision: str) -> None:
        if self.resolved or self.status.type == "running":
            raise ConfigurationError(f"cannot {decision} call {self.id} of {self.name}: it is already {self.status.type}")


Part: TypeAlias = Text | Reasoning | Refusal | ToolCall | File | Structured | Opaque


def as_part(value: Part | str) -> Part:
    """A part; text where a plain string stands for one."""
    return Text(value) if isinstance(value, str) else value


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
        raise ConfigurationError(f"the base64 of this data: URL cannot be read ({exc}): {encoded[:40]!r}...") from exc


def _sniff(data: bytes) -> str | None:
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    return next((mimetype for magic, mimetype in _MAGIC if data.startswith(magic)), None)
