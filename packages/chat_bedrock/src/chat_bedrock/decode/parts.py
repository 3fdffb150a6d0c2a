"""Parts of a message from what a content block holds."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence

from chat_core import (
    Citation,
    File,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Native,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Text,
    ToolCall,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire import fail_pending, read_arguments, tool_call

_MIMETYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "txt": "text/plain",
}
_CALL_FIELDS = ("toolUseId", "name", "input", "type")


def plain_text(value: JsonValue) -> str:
    """Return the text that a value is; of a value that is none, its JSON, so that nothing is lost."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def cited_text(
    text: str, citations: Sequence[JsonValue], received: JsonObject, origin: Origin
) -> Text | None:
    """Return a text with the sources that it names, or None for an empty one.

    `received` is the whole block where it came whole; of one that came in pieces the same is put
    together, so that it can be sent back.
    """
    if not text and not citations:
        return None
    if not citations:
        return Text(text)
    block: JsonObject = received or {"content": [{"text": text}], "citations": list(citations)}
    return Text(
        text,
        tuple(_citation(as_object(citation)) for citation in citations),
        native=Native(origin, {"citationsContent": block}),
    )


def reasoning_part(text: str, signature: str, redacted: str, origin: Origin) -> Reasoning | None:
    """Return a thought, with the signature or the sealed content that has to go back with it."""
    sealed: JsonObject = {}
    if redacted:
        sealed["redactedContent"] = redacted
    if signature:
        sealed["signature"] = signature
    if not text and not sealed:
        return None
    return Reasoning(text, native=Native(origin, sealed) if sealed else None)


def call_part(id: str, text: str, data: JsonObject, *, is_whole: bool) -> ToolCall:
    """Return a call.

    One whose end has not come does not run without arguments: there might have been some.
    """
    call = tool_call(id, as_text(data.get("name")), text)
    if not is_whole and not text.strip():
        fail_pending([call], "The call was cut before its arguments; it was not run.")
    return call


def media_part(kind: str, data: JsonObject, encoded: str) -> File | None:
    """Return a file that the model made, or None where there are no bytes."""
    encoded = encoded or as_text(as_object(data.get("source")).get("bytes"))
    name = as_text(data.get("format"))
    if not encoded:
        return None
    mimetype = _MIMETYPES.get(
        name, f"{'application' if kind == 'document' else kind}/{name or 'octet-stream'}"
    )
    try:
        return File.from_bytes(b64decode(encoded, validate=True), mimetype)
    except ValueError as exc:
        raise InvalidResponse(f"the bytes of a generated {kind} are no base64: {encoded[:60]!r}") from exc


def opaque_part(
    kind: str, data: JsonObject, text: str, items: Sequence[JsonValue], origin: Origin
) -> Part | None:
    """Return a block that this library has no part for, as it would have come whole."""
    if not kind:
        return None
    content: JsonObject = {**data}
    if items:
        content["content"] = list(items)
    if kind == "toolUse":
        try:
            content["input"] = read_arguments(text)
        except ValueError:  # cut at the token limit; such a call has no result either
            content["input"] = {}
    return Opaque(Native(origin, {kind: content}))


def _citation(raw: JsonObject) -> Citation:
    location = as_object(raw.get("location"))
    where = as_object(next(iter(location.values()), None))
    quote = "".join(as_text(as_object(item).get("text")) for item in as_list(raw.get("sourceContent")))
    source = as_text(raw.get("source"))
    is_characters = "documentChar" in location
    return Citation(
        url=as_text(where.get("url")) or (source if source.startswith(("http://", "https://")) else None),
        title=as_text(raw.get("title")) or as_text(where.get("domain")) or None,
        quote=quote or None,
        start=as_count(where.get("start")) if is_characters else None,
        end=as_count(where.get("end")) if is_characters else None,
        raw=raw,
    )
