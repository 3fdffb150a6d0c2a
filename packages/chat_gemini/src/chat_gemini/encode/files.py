"""Files as the wire takes them: their bytes, or where they lie."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from chat_core import ConfigurationError, File
from chat_core.types.file_types import mimetype_of

from chat_gemini.wire import Blob, FileData, FunctionResponsePart, SentPart

IN_RESULTS = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"})
"""The types of files that a function's result may hold."""

_UPLOADED = re.compile(r"(?:files/)?[a-z0-9][a-z0-9-]{0,39}")

_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
# types that the wire knows by another name than the usual one
_WIRE_NAMES = {
    "audio/x-aiff": "audio/aiff",
    "audio/x-aac": "audio/aac",
    "video/quicktime": "video/mov",
    "video/x-msvideo": "video/avi",
    "video/x-ms-wmv": "video/wmv",
    "text/x-markdown": "text/markdown",
}
# text that it knows by its own name; any other text goes as text/plain
_KNOWN_TEXT = frozenset(
    {
        *("text/plain", "text/html", "text/css", "text/csv", "text/xml", "text/rtf", "text/markdown"),
        *("text/javascript", "text/x-typescript", "text/x-python", "application/json", "application/rtf"),
        *("application/x-javascript", "application/x-typescript", "application/x-python-code"),
    }
)


def file_part(file: File, files_url: str | None, *, needs_type: bool = True) -> SentPart:
    """Return the part that holds a file.

    `files_url` is the address that names of uploaded files are relative to, None where there are none. Raises
    `ConfigurationError` for a file without a type, and for one that only another provider knows.
    """
    mimetype = _mimetype(file)
    if file.data is not None:
        if not mimetype:
            raise ConfigurationError("Gemini needs the type of a file: File.from_bytes(data, mimetype='...')")
        return {"inlineData": Blob(mimeType=mimetype, data=file.base64())}
    uri = file.url or _uploaded(file, files_url)
    if uri.startswith("s3:"):
        raise ConfigurationError(f"Gemini does not read {uri[:80]!r}: send the bytes, or an https address")
    mimetype = mimetype or ("video/mp4" if _on_youtube(uri) else "")
    if not mimetype and file.url and needs_type:
        raise ConfigurationError(
            f"Gemini needs the type of the file at {uri[:80]!r}: File.from_url(url, mimetype='...')"
        )
    data = FileData(fileUri=uri)
    if mimetype:
        data["mimeType"] = mimetype
    return {"fileData": data}


def result_part(part: SentPart) -> FunctionResponsePart | None:
    """Return a file's part as it stands in a function's result, or None where its type may not stand
    there.
    """
    match part:
        case {"inlineData": blob} if blob["mimeType"] in IN_RESULTS:
            return {"inlineData": blob}
        case {"fileData": data} if data.get("mimeType") in IN_RESULTS:
            return {"fileData": data}
        case _:
            return None


def _mimetype(file: File) -> str:
    """Return the type by the name that the wire knows it by, empty where there is none.

    The bytes of an image know better than its type: the server refuses a JPEG that is called a PNG.
    """
    given = (file.mimetype or "").strip()
    plain = given.partition(";")[0].strip().lower()
    if file.data is not None and (plain.startswith("image/") or not _TYPE.fullmatch(plain)):
        plain = mimetype_of(file.data, file.name) or plain
    if not _TYPE.fullmatch(plain):
        return ""
    plain = _WIRE_NAMES.get(plain, plain)
    if plain in ("audio/pcm", "audio/l16"):
        return given  # with its rate
    is_text = plain.startswith("text/") or (plain.startswith("application/") and _reads_as_text(file.data))
    return "text/plain" if is_text and plain not in _KNOWN_TEXT else plain


def _reads_as_text(data: bytes | None) -> bool:
    if not data or b"\0" in data[:1024] or data.startswith(b"%PDF-"):
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _uploaded(file: File, files_url: str | None) -> str:
    """Return the address of an uploaded file.

    Raises `ConfigurationError` for the id of another provider's file.
    """
    id = file.id or ""
    if "://" in id:
        return id
    if not _UPLOADED.fullmatch(id) or (file.native and file.native.origin.provider != "gemini"):
        raise ConfigurationError(
            f"{id[:80]!r} is no file of Gemini's; its names look like files/abc-123: upload it there"
        )
    if files_url is None:
        raise ConfigurationError(f"Vertex knows no uploaded files such as {id!r}: give its gs:// address")
    return f"{files_url}/files/{id.removeprefix('files/')}"


def _on_youtube(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("youtu.be", "youtube.com") or host.endswith(".youtube.com")
