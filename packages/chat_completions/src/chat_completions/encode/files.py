"""Files as content parts, in the form that the server takes."""

from __future__ import annotations

from chat_core import ConfigurationError, File
from chat_core.types.uploads import refuse_foreign

from chat_completions.dialect import Dialect
from chat_completions.rules import FileKind
from chat_completions.wire import (
    AudioPart,
    ContentPart,
    DocumentUrlPart,
    FileIdPart,
    FilePart,
    ImagePart,
    ImageUrl,
    MediaUrlPart,
)

_SAME_TYPE = {
    **dict.fromkeys(("image/jpg", "image/pjpeg", "image/jfif"), "image/jpeg"),
    **dict.fromkeys(("image/x-png", "image/apng"), "image/png"),
    **dict.fromkeys(("audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"), "audio/wav"),
    **dict.fromkeys(
        ("audio/mp3", "audio/mpeg3", "audio/x-mpeg-3", "audio/x-mp3", "audio/x-mpeg"), "audio/mpeg"
    ),
    **dict.fromkeys(("application/x-pdf", "application/acrobat", "text/pdf"), "application/pdf"),
}
_AUDIO_FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3"}


def encode_file(file: File, dialect: Dialect) -> ContentPart:
    """Return the content part of a file.

    Raises `ConfigurationError` for one that the server does not take.
    """
    refuse_foreign(file, dialect.name)
    mimetype = normal_mimetype(file.mimetype)
    kind = _kind(mimetype)
    if kind not in dialect.files.kinds:
        if kind == "video":
            raise ConfigurationError(f"{dialect.name} takes no video: this wire has no place for it")
        takes = ", ".join(["text", *sorted(dialect.files.kinds)])
        raise ConfigurationError(f"{dialect.name} takes no {kind}: it takes {takes}")
    match kind:
        case "image":
            return _image(file, mimetype, dialect)
        case "audio":
            return _audio(file, mimetype, dialect)
        case "video":
            return _media("video", file, mimetype, dialect)
        case "document":
            return _document(file, mimetype, dialect)


def normal_mimetype(mimetype: str | None) -> str | None:
    """Return a MIME type in lower case, without parameters, and under its usual name."""
    if mimetype is None:
        return None
    plain = mimetype.partition(";")[0].strip().lower()
    return _SAME_TYPE.get(plain, plain) or None


def _kind(mimetype: str | None) -> FileKind:
    match (mimetype or "").partition("/")[0]:
        case "image" | "audio" | "video" as kind:
            return kind
        case _:
            return "document"


def _image(file: File, mimetype: str | None, dialect: Dialect) -> ContentPart:
    if file.id is not None:
        if dialect.files.document == "document_url":
            return FileIdPart(type="file", file_id=file.id)
        raise ConfigurationError("this wire takes images as bytes or a url, not by id")
    if file.url is not None and not dialect.files.image_urls:
        raise ConfigurationError(
            f"{dialect.name} fetches no images: read {file.url} and pass File.from_bytes(...)"
        )
    return ImagePart(type="image_url", image_url={"url": _url(file, mimetype)})


def _audio(file: File, mimetype: str | None, dialect: Dialect) -> ContentPart:
    if file.url is not None and dialect.files.media_urls and dialect.files.audio == "object":
        return _media("audio", file, mimetype, dialect)
    if dialect.files.audio == "string":
        if file.id is not None:
            return FileIdPart(type="file", file_id=file.id)
        return AudioPart(type="input_audio", input_audio=file.url or file.base64())
    format = _AUDIO_FORMATS.get(mimetype or "")
    if format is None or file.data is None:
        source = "id" if file.id else "url" if file.url else "bytes"
        raise ConfigurationError(f"this wire takes audio as wav or mp3 bytes, not {mimetype} by {source}")
    return AudioPart(type="input_audio", input_audio={"data": file.base64(), "format": format})


def _media(kind: FileKind, file: File, mimetype: str | None, dialect: Dialect) -> ContentPart:
    """Return audio or video by URL, as Together takes it."""
    if file.id is not None or not dialect.files.media_urls:
        raise ConfigurationError(f"{dialect.name} takes {kind} as bytes or a url, not by id")
    url = ImageUrl(url=_url(file, mimetype))
    if kind == "audio":
        return MediaUrlPart(type="audio_url", audio_url=url)
    return MediaUrlPart(type="video_url", video_url=url)


def _document(file: File, mimetype: str | None, dialect: Dialect) -> ContentPart:
    own_shape = dialect.files.document == "document_url"
    if file.id is not None:
        if own_shape:
            return FileIdPart(type="file", file_id=file.id)
        return FilePart(type="file", file={"file_id": file.id})
    if file.url is not None and not dialect.files.document_urls:
        image = "" if mimetype else "; if it is an image, give its type: File.from_url(url, 'image/jpeg')"
        raise ConfigurationError(
            f"{dialect.name} fetches no documents: read {file.url} and pass File.from_bytes(...){image}"
        )
    name = file.name or "document"
    if own_shape:
        return DocumentUrlPart(type="document_url", document_url=_url(file, mimetype), document_name=name)
    return FilePart(type="file", file={"filename": name, "file_data": _url(file, mimetype)})


def _url(file: File, mimetype: str | None) -> str:
    return file.url or f"data:{mimetype or 'application/octet-stream'};base64,{file.base64()}"
