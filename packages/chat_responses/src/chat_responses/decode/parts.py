"""The items of a response as parts.

A part carries its item as native data, but without what the part itself holds: the text of a message and the
arguments of a call stand in one place only. `encode/native.py` puts the two together again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from chat_core import (
    Citation,
    File,
    JsonObject,
    JsonValue,
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
from chat_core.wire import fail_pending, tool_call

from chat_responses.client_calls import call_arguments, client_tool_name, is_client_call
from chat_responses.decode.images import image
from chat_responses.items import CALL_TYPES, call_id, without

ClaimId: TypeAlias = Callable[[str], str]
"""From the id that the server gave a call, which may be empty, to the one that it has in the conversation."""

PARAGRAPH: Final = "\n\n"  # between the pieces of one reasoning item


def read_item(item: JsonObject, origin: Origin, claim_id: ClaimId) -> list[Part]:
    """Return the parts of one output item. Items that this library has no word for are `Opaque`."""
    match item.get("type"):
        case "message":
            return list(_message(item, origin))
        case "reasoning":
            text = PARAGRAPH.join(text for _, _, text in thoughts(item) if text)
            return [Reasoning(text, native=Native(origin, item))]
        case "function_call":
            native = Native(origin, without(item, "arguments"))
            return [_ended(item, tool_call(claim_id(call_id(item)), name_of(item), written(item), native))]
        case "custom_tool_call":
            native = Native(origin, without(item, "input"))
            arguments: JsonObject = {"input": written(item)}
            return [_ended(item, ToolCall(claim_id(call_id(item)), name_of(item), arguments, native=native))]
        case _ if is_client_call(item):
            id = claim_id(call_id(item))
            call = ToolCall(id, client_tool_name(item), call_arguments(item), native=Native(origin, item))
            return [_ended(item, call)]
        case "image_generation_call" if picture := image(item, "result"):
            # base64 with line ends, or in the alphabet of URLs, is kept, since it cannot be made again
            exact = picture.base64() == item["result"]
            kept = without(item, "result") if exact else item
            return [File(picture.mimetype, picture.data, native=Native(origin, kept))]
        case _:
            return [Opaque(Native(origin, item))]


def contents(item: JsonObject) -> Iterator[tuple[str, int, str]]:
    """Yield the content of a message: "text" or "refusal", its index, and the text.

    Some servers send one string, or strings, in place of objects.
    """
    for index, content in enumerate(_content_list(item)):
        if (found := _content(content)) is not None:
            kind, text = found
            yield kind, index, text


def _content(content: JsonValue) -> tuple[str, str] | None:
    """Return the kind and the text of one content of a message; None for what is neither of the two."""
    if isinstance(content, str):
        return "text", content
    if not isinstance(content, dict):
        return None
    kind = content.get("type")
    if kind in ("output_text", "text") and "text" in content:
        return "text", json_text(content["text"])
    if kind == "refusal" and "refusal" in content:
        return "refusal", json_text(content["refusal"])
    return None


def is_aside(item: JsonObject) -> bool:
    """Return whether a message is marked as no part of the answer."""
    return item.get("phase") == "commentary"


def thoughts(item: JsonObject) -> Iterator[tuple[str, int, str]]:
    """Yield what can be read of a reasoning item: "summary" or "thought", its index, and its text."""
    for kind, name in (("summary", "summary"), ("thought", "content")):
        value = item.get(name)
        for index, piece in enumerate([value] if isinstance(value, str) else as_list(value)):
            yield kind, index, as_text(piece) or json_text(as_object(piece).get("text"))


def name_of(item: JsonObject) -> str:
    """Return the name of the tool that an item calls."""
    return as_text(item.get("name"))


def written(item: JsonObject) -> str:
    """Return what a model wrote for a call: JSON for a function, plain text for a custom tool.

    A few servers send the arguments as an object.
    """
    return json_text(item.get("arguments" if item.get("type") == "function_call" else "input"))


def call_key(item: JsonObject) -> tuple[str, str, str] | None:
    """Return what two items of one and the same call have in common, or None for what is no call."""
    if item.get("type") == "message":  # as nearly always
        return None
    if is_client_call(item):
        return call_id(item), client_tool_name(item), json.dumps(call_arguments(item), sort_keys=True)
    if item.get("type") not in CALL_TYPES or not call_id(item):
        return None
    return call_id(item), name_of(item), written(item)


def json_text(value: JsonValue) -> str:
    """Return a text as it is, nothing for null, and the JSON of anything else that stands in its place."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _ended(item: JsonObject, call: ToolCall) -> ToolCall:
    """Return the call, failed where the server marks its item as cut."""
    if item.get("status") == "incomplete":
        fail_pending([call], f"The call of {call.name} is incomplete and was not run.")
    return call


def _content_list(item: JsonObject) -> list[JsonValue]:
    content = item.get("content")
    return [content] if isinstance(content, str | dict) else as_list(content)


def _message(item: JsonObject, origin: Origin) -> Iterator[Part]:
    listed = _content_list(item)
    if not listed:
        yield Opaque(Native(origin, item))
    for content in listed:
        fields = as_object(content)
        match _content(content):
            case ("text", text):
                notes = as_list(fields.get("annotations"))
                citations = tuple(_citation(as_object(note)) for note in notes) if notes else ()
                native = Native(origin, {**item, "content": [without(fields, "text", "annotations")]})
                yield Text(text, citations, aside=is_aside(item), native=native)
            case ("refusal", text):
                yield Refusal(text, native=Native(origin, {**item, "content": [without(fields, "refusal")]}))
            case _:
                yield Opaque(Native(origin, {**item, "content": [content]}))


def _citation(note: JsonObject) -> Citation:
    return Citation(
        url=as_text(note.get("url")) or None,
        title=as_text(note.get("title")) or as_text(note.get("filename")) or None,
        start=as_count(note.get("start_index")),
        end=as_count(note.get("end_index")),
        raw=note,
    )
