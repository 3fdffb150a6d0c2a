"""What only Claude reads on a part: cache breakpoints, citations on documents, and blocks that no common part
stands for.

Marks are native data of the part, so they are stored with the conversation, and other providers do not see
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from chat_core import (
    ConfigurationError,
    File,
    JsonObject,
    JsonValue,
    Native,
    Opaque,
    Origin,
    Part,
    Structured,
    Text,
)
from chat_core.types.json_values import as_object
from chat_core.types.plain_json import as_json

from chat_claude.options import CacheTtl, cache_control

MarkedPart = TypeVar("MarkedPart", Text, File, Structured, Opaque)

MARKED = Origin("claude", "", "")
"""The origin of what the application marks, for whichever Claude it is sent to."""


def cached(part: MarkedPart, ttl: CacheTtl | None = None) -> MarkedPart:
    """Return the part with a cache breakpoint after it: tools, instructions and messages up to here are
    cached.

    A request has four at most, with that of automatic caching. Raises `ConfigurationError` for a part of a
    model's turn, which goes back as it came.
    """
    return _marked(part, {"cache_control": cache_control(ttl)})


def document(
    file: File, *, title: str | None = None, context: str | None = None, citations: bool = False
) -> File:
    """Return a document with what the model should know about it.

    With `citations` the texts of the response name the passages that they rest on. Raises
    `ConfigurationError` for a file that is no document.
    """
    if file.kind != "document":
        raise ConfigurationError(
            f"document() is for documents, not for {file.mimetype}: send the file as it is"
        )
    fields: dict[str, JsonValue] = {
        "title": title,
        "context": context,
        "citations": {"enabled": True} if citations else None,
    }
    return _marked(file, {name: value for name, value in fields.items() if value is not None})


def search_result(source: str, title: str, *texts: str, citations: bool = True) -> Opaque:
    """Return a passage of the application's own search, which the model can use and cite.

    Blank texts are left out. Raises `ConfigurationError` where no text is left.
    """
    content: list[JsonValue] = [{"type": "text", "text": text} for text in texts if text.strip()]
    if not content:
        raise ConfigurationError(f"search_result({source!r}, {title!r}) needs a text")
    return block(
        {
            "type": "search_result",
            "source": source,
            "title": title,
            "content": content,
            "citations": {"enabled": citations},
        }
    )


def container_upload(file_id: str) -> Opaque:
    """Return an uploaded file that is put where code execution finds it."""
    return block({"type": "container_upload", "file_id": file_id})


def block(wire_block: Mapping[str, object]) -> Opaque:
    """Return any block of the wire; it is sent as it is."""
    return Opaque(Native(MARKED, as_object(as_json(dict(wire_block)))))


def mark(part: Part, *names: str) -> JsonObject:
    """Return the marks of a part with these names. Data that no mark has are left out."""
    if part.native is None or part.native.origin != MARKED:
        return {}
    data = part.native.data
    return {name: data[name] for name in names if isinstance(data.get(name), _MARKS[name])}


_MARKS: dict[str, type[str] | type[dict[str, JsonValue]]] = {
    "cache_control": dict,
    "citations": dict,
    "title": str,
    "context": str,
}


def _marked(part: MarkedPart, data: JsonObject) -> MarkedPart:
    native: Native | None = part.native
    if native is not None and native.origin != MARKED:
        raise ConfigurationError("a part of a model's turn cannot be marked: mark what you send it")
    return replace(part, native=Native(MARKED, {**(native.data if native else {}), **data}))
