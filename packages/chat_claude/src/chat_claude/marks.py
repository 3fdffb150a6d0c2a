"""What only Claude reads on a part: cache breakpoints, citations on documents, and blocks that the common parts have no word for.

Marks ride on the part as native data, so they are stored with the conversation, and other providers do not see them.
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
from chat_core.types.json_values import as_json, as_object

from chat_claude.options import CacheTtl, cache_control

MarkedPart = TypeVar("MarkedPart", Text, File, Structured, Opaque)

MARKED = Origin("claude", "", "")  # by the application, for whichever Claude it is sent to


def cached(part: MarkedPart, ttl: CacheTtl | None = None) -> MarkedPart:
    """The part with a cache breakpoint after it: tools, instructions and messages up to here are cached. At most four a request."""
    return _marked(part, {"cache_control": cache_control(ttl)})


def document(
    file: File, *, title: str | None = None, context: str | None = None, citations: bool = False
) -> File:
    """A document with what the model is told about it. With `citations` the answer's texts name the passages they rest on."""
    said: dict[str, JsonValue] = {
        "title": title,
        "context": context,
        "citations": {"enabled": True} if citations else None,
    }
    return _marked(file, {name: value for name, value in said.items() if value is not None})


def search_result(source: str, title: str, *texts: str, citations: bool = True) -> Opaque:
    """A passage of the application's own search, for the model to answer from and cite."""
    content: list[JsonValue] = [{"type": "text", "text": text} for text in texts]
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
    """An uploaded file, put where code execution finds it."""
    return block({"type": "container_upload", "file_id": file_id})


def block(wire_block: Mapping[str, object]) -> Opaque:
    """Any block of the wire, sent as it is."""
    return Opaque(Native(MARKED, as_object(as_json(dict(wire_block)))))


def mark(part: Part) -> JsonObject:
    """What the application has marked a part with."""
    return {**part.native.data} if part.native is not None and part.native.origin == MARKED else {}


def _marked(part: MarkedPart, data: JsonObject) -> MarkedPart:
    native: Native | None = part.native
    if native is not None and native.origin != MARKED:
        raise ConfigurationError("what a model said cannot be marked: mark what you send it")
    return replace(part, native=Native(MARKED, mark(part) | data))
