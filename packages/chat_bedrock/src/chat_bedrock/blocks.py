"""Blocks that only Bedrock reads, as parts of a message: cache points, guarded text, search results, marks
on documents.

They ride on the part as native data, so they are stored with the conversation; other providers leave them
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chat_core import File, JsonObject, Native, Opaque, Origin
from chat_core.types.json_values import as_object
from chat_core.types.plain_json import as_json

from chat_bedrock.wire import CacheTtl

MARKED = Origin("bedrock", "", "")  # by the application, for whichever model of Bedrock it is sent to


def cache_point(ttl: CacheTtl | None = None) -> Opaque:
    """Return a cache point: tools, instructions and messages up to here are cached, for five minutes or
    "1h".
    """
    return block({"cachePoint": {"type": "default", **({"ttl": ttl} if ttl else {})}})


def guarded(text: str, *qualifiers: str) -> Opaque:
    """Return text that a guardrail checks. With any such text in a request, it checks that text only.

    `qualifiers` say what it is: "grounding_source", "query", "guard_content".
    """
    content: JsonObject = {"text": text}
    if qualifiers:
        content["qualifiers"] = list(qualifiers)
    return block({"guardContent": {"text": content}})


def search_result(source: str, title: str, *texts: str, citations: bool = True) -> Opaque:
    """Return a passage of the application's own search, for the model to answer from and cite."""
    content = [{"text": text} for text in texts]
    return block(
        {
            "searchResult": {
                "source": source,
                "title": title,
                "content": content,
                "citations": {"enabled": citations},
            }
        }
    )


def document(file: File, *, context: str | None = None, citations: bool = False) -> File:
    """Return a document with what the model is told about it. With `citations`, texts name the passages they
    rest on."""
    marks: JsonObject = {}
    if context is not None:
        marks["context"] = context
    if citations:
        marks["citations"] = {"enabled": True}
    return replace(file, native=Native(MARKED, marks))


def block(wire_block: Mapping[str, object]) -> Opaque:
    """Return any content block of the Converse API as a part. It is sent as it is."""
    return Opaque(Native(MARKED, as_object(as_json(dict(wire_block)))))
