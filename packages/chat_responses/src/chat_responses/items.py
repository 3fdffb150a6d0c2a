"""The items of an answer as parts, and the text that a part was read from as the item again.

A part carries its item as native data, without what the part itself says: the text of a message or the arguments of a call stand in
one place only. `restored` puts the two together again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import TypeAlias

from chat_core import (
    Citation,
    File,
    JsonObject,
    Native,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.tool_calls import tool_call

Claim: TypeAlias = Callable[[str], str]
"""From the id that the server gave a call, which may be empty, to the one that it has in the conversation."""

PARAGRAPH = "\n\n"  # between the pieces of one reasoning item


def read_item(item: JsonObject, origin: Origin, claim: Claim) -> list[Part]:
    """The parts of one output item. What this library has no word for is `Opaque`."""
    match item.get("type"):
        case "message":
            return list(_message(item, origin))
        case "reasoning":
            return [
                Reasoning(
                    PARAGRAPH.join(text for _, _, text in thoughts(item) if text), native=Native(origin, item)
                )
            ]
        case "function_call":
            native = Native(origin, without(item, "arguments"))
            return [tool_call(claim(call_id(item)), as_text(item.get("name")), arguments(item), native)]
        case "custom_tool_call":
            native = Native(origin, without(item, "input"))
            said: JsonObject = {"input": as_text(item.get("input"))}
            return [ToolCall(claim(call_id(item)), as_text(item.get("name")), said, native=native)]
        case "image_generation_call" if picture := image(item, "result"):
            exact = (
                picture.base64() == item["result"]
            )  # else it has line ends, or the URL's alphabet, and is kept
            return [
                File(
                    picture.mimetype,
                    picture.data,
                    native=Native(origin, without(item, "result") if exact else item),
                )
            ]
        case _:
            return [Opaque(Native(origin, item))]


def contents(item: JsonObject) -> Iterator[tuple[str, int, str]]:
    """The content of a message: "text" or "refusal", its index, and what it says."""
    for index, content in enumerate(as_list(item.get("content"))):
        match content:
            case {"type": "output_text" | "text", "text": str(text)}:
                yield "text", index, text
            case {"type": "refusal", "refusal": str(text)}:
                yield "refusal", index, text
            case _:
                pass


def is_aside(item: JsonObject) -> bool:
    """Whether a message is no part of the answer. Where the server does not say, it is."""
    return item.get("phase") == "commentary"


def thoughts(item: JsonObject) -> Iterator[tuple[str, int, str]]:
    """What can be read of a reasoning item: "summary" or "thought", its index, and its text."""
    for kind, field in (("summary", "summary"), ("thought", "content")):
        for index, piece in enumerate(as_list(item.get(field))):
            yield kind, index, as_text(piece) or as_text(as_object(piece).get("text"))


def call_id(item: JsonObject) -> str:
    """The id that a call's output has to name."""
    return as_text(item.get("call_id")) or as_text(item.get("id"))


def arguments(item: JsonObject) -> str:
    """The arguments of a call as text; a few servers send the object itself."""
    said = item.get("arguments")
    return json.dumps(said, ensure_ascii=False) if isinstance(said, dict) else as_text(said)


def image(said: JsonObject, field: str) -> File | None:
    """The picture that stands in this field as base64."""
    encoded = as_text(said.get(field))
    try:
        data = _decoded(encoded)
    except ValueError:
        return None
    form = as_text(said.get("output_format"))
    kind = form and f"image/{'svg+xml' if form == 'svg' else form}"
    return File(kind or _sniffed(data), data) if data else None


def without(item: JsonObject, key: str) -> JsonObject:
    """The item but for this key."""
    return {name: value for name, value in item.items() if name != key}


def restored(part: Part, item: JsonObject) -> JsonObject:
    """The item that a part was read from, with what the part says now; of a message, with this one content."""
    match part:
        case Text() | Refusal() if content := as_object(as_list(item.get("content"))[0]):
            return {**item, "content": [_content(part, content)]}
        case File(data=bytes()) if "result" not in item:
            return {**item, "result": part.base64()}
        case ToolCall() if item.get("type") == "custom_tool_call":
            return {**item, "input": part.arguments.get("input")}
        case _:
            return item


def _message(item: JsonObject, origin: Origin) -> Iterator[Part]:
    said = {index: (kind, text) for kind, index, text in contents(item)}
    listed = as_list(item.get("content"))
    if not listed:
        yield Opaque(Native(origin, item))
    for index, content in enumerate(listed):
        match said.get(index), content:
            case ("text", text), dict():
                citations = tuple(_citation(as_object(note)) for note in as_list(content.get("annotations")))
                kept = without(without(content, "text"), "annotations")
                yield Text(
                    text, citations, aside=is_aside(item), native=Native(origin, {**item, "content": [kept]})
                )
            case ("refusal", text), dict():
                yield Refusal(text, native=Native(origin, {**item, "content": [without(content, "refusal")]}))
            case _:
                yield Opaque(Native(origin, {**item, "content": [content]}))


def _content(part: Text | Refusal, content: JsonObject) -> JsonObject:
    if isinstance(part, Refusal):
        return {**content, "refusal": part.text}
    return {
        **content,
        "text": part.text,
        "annotations": [citation.raw for citation in part.citations if citation.raw],
    }


def _citation(note: JsonObject) -> Citation:
    return Citation(
        url=as_text(note.get("url")) or None,
        title=as_text(note.get("title")) or as_text(note.get("filename")) or None,
        start=as_count(note.get("start_index")),
        end=as_count(note.get("end_index")),
        raw=note,
    )


def _decoded(encoded: str) -> bytes:
    """Base64, also the URL's, without its padding, or with line ends."""
    text = "".join(encoded.rpartition(",")[2].split()).translate(_URLSAFE)
    return base64.b64decode(text + "=" * (-len(text) % 4))


_URLSAFE = str.maketrans("-_", "+/")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
    (b"GIF8", "image/gif"),
)


def _sniffed(data: bytes) -> str:
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "image/png")
