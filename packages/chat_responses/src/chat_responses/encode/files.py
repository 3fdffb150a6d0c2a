"""Files as parts of a message or of a tool's result."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from chat_core import ConfigurationError, File

from chat_responses.wire import ContentPart, InputFile, InputImage

_MIMETYPES: Final = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}


def file_part(file: File) -> ContentPart:
    """Return a file as the wire has it.

    Raises `ConfigurationError` for sounds, videos and URLs that it has no place for.
    """
    if file.url is not None and urlsplit(file.url).scheme not in ("http", "https"):
        raise ConfigurationError(f"this server fetches http(s) URLs only, not {file.url[:80]!r}")
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
    """Return the MIME type without parameters, in lower case, under the name that servers know."""
    plain = (file.mimetype or "application/octet-stream").partition(";")[0].strip().lower()
    return _MIMETYPES.get(plain, plain)


def _data_url(file: File) -> str:
    return f"data:{_media_type(file)};base64,{file.base64()}"


def _file_name(file: File) -> str:
    """Return a name for a document without one: the server reads its kind from the ending."""
    ending = _media_type(file).rpartition("/")[2]
    return f"document.{ {'plain': 'txt', 'markdown': 'md', 'octet-stream': ''}.get(ending, ending) }".rstrip(
        "."
    )
