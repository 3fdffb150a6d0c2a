"""Files as image and document blocks."""

from __future__ import annotations

import re
from typing import cast

from chat_core import ConfigurationError, File
from chat_core.types.describe import whole_text
from chat_core.wire import unsent_file

from chat_claude.encode.state import EncodingState
from chat_claude.marks import mark
from chat_claude.wire import Block, DocumentBlock, ImageBlock, Source, TextBlock

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_TEXTS = re.compile(
    r"|text/.*|.*\+(json|xml|yaml)|application/(octet-stream|rtf|sql|toml|graphql|typescript)"
    r"|application/(x-)?(json|ndjson|jsonlines|xml|yaml|javascript|ecmascript|sh|shellscript)"
    r"|application/(x-)?(python|perl|ruby|tex|latex|httpd-php)"
)
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def file_block(file: File, state: EncodingState) -> Block | None:
    """Return the block of a file, or None, with a notice, for an id that only another provider knows.

    Raises `ConfigurationError` for a file that Claude cannot read.
    """
    if file.id is not None:
        if file.native is not None and file.native.origin.provider != state.origin.provider:
            state.note_foreign(file.native)
            return None
        if state.platform.lacks_file_ids:
            raise ConfigurationError(
                f"{state.platform.name} has no uploaded files: send the bytes of {file.id!r}"
            )
        state.uses_file_ids = True
    mimetype = _mimetype(file)
    kind = mimetype.partition("/")[0]
    if kind in ("audio", "video"):
        raise ConfigurationError(f"Claude reads no {kind}: send its transcript, or pictures")
    if kind == "image":
        image = ImageBlock(type="image", source=_image_source(file, mimetype))
        return cast("Block", {**image, **mark(file, "cache_control")})
    document = DocumentBlock(type="document", source=_document_source(file, mimetype))
    if file.name and file.data is not None:
        document["title"] = file.name
    return cast("Block", {**document, **mark(file, "cache_control", "title", "context", "citations")})


def result_file_block(file: File, state: EncodingState) -> Block:
    """Return the block of a file in a tool's result.

    One that Claude cannot read is described, with a notice.
    """
    try:
        block = file_block(file, state)
    except ConfigurationError as exc:
        described, notice = unsent_file(file, exc)
        state.notices[notice] = None
        return TextBlock(type="text", text=whole_text(described.text))
    return block or TextBlock(type="text", text=unsent_file(file, "another provider has it")[0].text)


def _mimetype(file: File) -> str:
    """Return the MIME type without parameters; the first bytes of a file outweigh what was declared."""
    declared = (file.mimetype or "").partition(";")[0].strip().lower()
    return (_magic_type(file.data) if file.data is not None else None) or declared


def _magic_type(data: bytes) -> str | None:
    """Return the MIME type that the first bytes of an image or a PDF tell."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((mimetype for magic, mimetype in _MAGIC if data.startswith(magic)), None)


def _image_source(file: File, mimetype: str) -> Source:
    if file.id is not None:
        return {"type": "file", "file_id": file.id}
    if file.url is not None:
        return {"type": "url", "url": _web_url(file.url)}
    if mimetype not in _IMAGES:
        raise ConfigurationError(
            f"Claude reads images as JPEG, PNG, GIF or WebP, not {mimetype}: convert it first"
        )
    if _magic_type(file.data or b"") != mimetype:
        raise ConfigurationError(f"these bytes are no {mimetype}: {(file.data or b'')[:12]!r}")
    return {"type": "base64", "media_type": mimetype, "data": file.base64()}


def _document_source(file: File, mimetype: str) -> Source:
    if file.id is not None:
        return {"type": "file", "file_id": file.id}
    if file.url is not None:
        return {"type": "url", "url": _web_url(file.url)}
    if mimetype == "application/pdf":
        return {"type": "base64", "media_type": mimetype, "data": file.base64()}
    return {"type": "text", "media_type": "text/plain", "data": _text(file, mimetype)}


def _text(file: File, mimetype: str) -> str:
    if file.data is None or not _TEXTS.fullmatch(mimetype) or b"\0" in file.data:
        raise ConfigurationError(
            f"Claude reads PDF and text, not {mimetype or 'these bytes'}: "
            "convert it, or upload it and use container_upload(file_id)"
        )
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigurationError(f"this {mimetype or 'file'} is not UTF-8: {exc}") from exc
    if not text.strip():
        raise ConfigurationError(f"this {mimetype or 'file'} has no text in it: leave it out")
    return text


def _web_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ConfigurationError(f"Claude fetches files over https, not from {url[:80]!r}: send its bytes")
    return url
