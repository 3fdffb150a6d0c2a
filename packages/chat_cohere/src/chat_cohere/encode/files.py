"""Files as Cohere takes them: images by URL, texts as documents to answer from."""

from __future__ import annotations

from chat_core import ConfigurationError, File, JsonObject

_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
_SAME = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}
_TEXTS = frozenset(
    f"application/{name}" for name in ("json", "xml", "yaml", "x-yaml", "toml", "javascript", "sql")
)
_MAGIC = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def is_image(file: File) -> bool:
    """Return whether a file is sent as an image."""
    return _mimetype(file).startswith("image/")


def image_block(file: File) -> JsonObject:
    """Return the block of an image. Raises `ConfigurationError` for one that the wire cannot carry."""
    if file.url is not None and file.url.startswith(("http://", "https://")):
        return {"type": "image_url", "image_url": {"url": file.url}}
    if not file.data:
        raise ConfigurationError("Cohere takes images as bytes or by an http(s) URL")
    mimetype = _image_type(file)
    if mimetype not in _IMAGES:
        raise ConfigurationError(
            f"Cohere takes images as PNG, JPEG, WebP or GIF, not {mimetype or 'unknown'}: convert it first"
        )
    return {"type": "image_url", "image_url": {"url": f"data:{mimetype};base64,{file.base64()}"}}


def document_fields(file: File) -> JsonObject:
    """Return the fields of a text file as a document. Raises `ConfigurationError` for any other file."""
    mimetype = _mimetype(file)
    if file.data is None or not (mimetype.startswith("text/") or mimetype in _TEXTS):
        raise ConfigurationError(
            f"Cohere takes texts as bytes, and images in a user's message, not {mimetype or 'this file'}: "
            f"send its text instead"
        )
    text = file.data.decode("utf-8", "replace")
    if not text.strip():
        raise ConfigurationError("Cohere takes no empty documents")
    return {"title": file.name, "text": text} if file.name else {"text": text}


def _image_type(file: File) -> str:
    """Return the type of an image. Its bytes outweigh what its name says."""
    data = file.data or b""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((found for magic, found in _MAGIC if data.startswith(magic)), _mimetype(file))


def _mimetype(file: File) -> str:
    mimetype = (file.mimetype or "").partition(";")[0].strip().lower()
    return _SAME.get(mimetype, mimetype)
