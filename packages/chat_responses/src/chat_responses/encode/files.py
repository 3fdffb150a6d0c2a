"""Files as parts of a message or of a tool's result."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from chat_core import ConfigurationError, File, Origin
from chat_core.types.file_types import mimetype_of
from chat_core.types.uploads import refuse_foreign

from chat_responses.wire import ContentPart, InputFile, InputImage

_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


def file_part(file: File, origin: Origin) -> ContentPart:
    """Return a file as the wire has it.

    Raises `ConfigurationError` for sounds, videos, another provider's ids, and URLs that the server cannot
    fetch or whose type is not known.
    """
    if file.url is not None and urlsplit(file.url).scheme not in ("http", "https"):
        raise ConfigurationError(f"this server fetches http(s) URLs only, not {file.url[:80]!r}")
    if file.url is not None and file.mimetype is None:
        raise ConfigurationError(
            f"the type of {file.url[:80]!r} is not known: File.from_url(url, mimetype='image/png') names it"
        )
    refuse_foreign(file, origin.provider)
    match file.kind:
        case "image":
            return _image(file)
        case "document":
            return _document(file)
        case "audio" | "video" as kind:
            raise ConfigurationError(f"this wire takes no {kind}; it takes images and documents")


def _image(file: File) -> InputImage:
    part = InputImage(type="input_image", detail="auto")
    if file.id is not None:
        part["file_id"] = file.id
    else:
        part["image_url"] = file.url or _data_url(file)
    return part


def _document(file: File) -> InputFile:
    part = InputFile(type="input_file")
    if file.id is not None:
        part["file_id"] = file.id
    elif file.url is not None:
        part["file_url"] = file.url
    else:
        part["filename"] = file.name or _file_name(file)
        part["file_data"] = _data_url(file)
    return part


def _media_type(file: File) -> str:
    """Return the MIME type that the first bytes show, else the one named, without parameters and in lower
    case.
    """
    shown = mimetype_of(file.data) if file.data is not None and file.kind == "image" else None
    if shown is not None and shown.startswith("image/"):
        return shown
    named = (file.mimetype or "").partition(";")[0].strip().lower()
    return named if _MEDIA_TYPE.fullmatch(named) else "application/octet-stream"


def _data_url(file: File) -> str:
    return f"data:{_media_type(file)};base64,{file.base64()}"


def _file_name(file: File) -> str:
    """Return a name for a document without one: the server reads its kind from the ending."""
    ending = _media_type(file).rpartition("/")[2]
    return f"document.{ {'plain': 'txt', 'markdown': 'md', 'octet-stream': ''}.get(ending, ending) }".rstrip(
        "."
    )
