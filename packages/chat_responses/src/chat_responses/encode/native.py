"""A part as the item that it came in, as far as its native data fit.

Stored conversations may hold anything as native data. What does not fit is not sent, and the part is sent as
a plain item instead.
"""

from __future__ import annotations

from chat_core import (
    File,
    JsonObject,
    JsonValue,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.types.native import sent_data
from chat_core.types.sealed import peek
from chat_core.wire import wire_name

from chat_responses.approvals import action_id, is_requested, is_unanswerable
from chat_responses.client_calls import is_client_call
from chat_responses.items import CALL_TYPES, call_id, without


def native_item(part: Part, origin: Origin) -> JsonObject | None:
    """Return the item that a part came in, or None where it is from elsewhere or its data fit no item."""
    native = part.native
    item = sent_data(native, origin)
    if item is None:
        return None
    match part:
        case Text() | Structured() | Refusal():
            return _message(part, item)
        case ToolCall():
            return _call(part, item)
        case Reasoning():
            return _reasoning(item)
        case File():
            return _picture(part, item)
        case Opaque():
            return _opaque(item)


def can_be_resent(item: JsonObject) -> bool:
    """Return whether a server can use reasoning that it does not remember: sealed, or in plain words."""
    return bool(item.get("encrypted_content") or as_list(item.get("content")))


def without_id(part: Part, item: JsonObject) -> JsonObject:
    """Return an item without its id, under which the server would look for the reasoning before it."""
    match part:
        case ToolCall():
            return without(item, "id")
        case Text() | Structured() | Refusal():
            phase: JsonObject = {"phase": item["phase"]} if item.get("phase") else {}
            text = part.as_text() if isinstance(part, Structured) else part.text
            return {"role": "assistant", "content": text, **phase}
        case _:
            return item


def are_of_one_message(one: JsonObject, other: JsonObject) -> bool:
    """Return whether two items are contents of the same message, which were parts of their own."""
    same = without(one, "content") == without(other, "content")
    return same and one.get("type") == "message" and bool(one.get("id"))


def _message(part: Text | Structured | Refusal, item: JsonObject) -> JsonObject | None:
    contents = as_list(item.get("content"))
    if item.get("type") != "message" or item.get("role") != "assistant" or not as_text(item.get("id")):
        return None
    fields = as_object(contents[0]) if contents else {}
    return {**item, "content": [_content(part, fields)]}


def _content(part: Text | Structured | Refusal, fields: JsonObject) -> JsonObject:
    if isinstance(part, Refusal):
        return {**fields, "type": "refusal", "refusal": part.text}
    text = part.as_text() if isinstance(part, Structured) else part.text
    citations = () if isinstance(part, Structured) else part.citations
    annotations: list[JsonValue] = [raw for raw in map(peek, citations) if raw]
    type = "text" if fields.get("type") == "text" else "output_text"
    return {**fields, "type": type, "text": text, "annotations": annotations}


def _call(call: ToolCall, item: JsonObject) -> JsonObject | None:
    if is_client_call(item):
        return {**item, "call_id": call_id(item)}
    if item.get("type") not in CALL_TYPES or not call_id(item) or not as_text(item.get("name")):
        return None
    named = {**item, "name": wire_name(as_text(item["name"]))}
    if item.get("type") == "custom_tool_call":
        written = peek(call).get("input")
        return {**named, "input": written} if isinstance(written, str) else None
    return {**named, "arguments": call.arguments_as_text()}


def _reasoning(item: JsonObject) -> JsonObject | None:
    """Return reasoning in the shape that the wire takes back, or None.

    `summary` is required, though it may be empty.
    """
    summary, content = item.get("summary", []), item.get("content")
    fits = (
        item.get("type") == "reasoning"
        and isinstance(item.get("id", ""), str)
        and isinstance(summary, list)
        and isinstance(content, list | None)
        and isinstance(item.get("encrypted_content"), str | None)
        and all(isinstance(as_object(piece).get("text"), str) for piece in [*summary, *as_list(content)])
    )
    return ({**item, "summary": summary} if "summary" not in item else item) if fits else None


def _picture(file: File, item: JsonObject) -> JsonObject | None:
    if item.get("type") != "image_generation_call" or not as_text(item.get("id")):
        return None
    if isinstance(item.get("result"), str):
        return item
    return {**item, "result": file.base64()} if file.data is not None else None


def _opaque(item: JsonObject) -> JsonObject | None:
    if is_unanswerable(item):
        return None
    match item.get("type"):
        case "message":
            return item if _is_whole_message(item) else None
        case "reasoning":
            return _reasoning(item)
        case "function_call" | "custom_tool_call" | "function_call_output" | "custom_tool_call_output":
            return None  # a call is a part of its own, with its outcome
        case "web_search_call":  # the server refuses null members of an action
            action: JsonObject = {
                name: value for name, value in as_object(item.get("action")).items() if value is not None
            }
            return {**item, "action": action} if action else without(item, "action")
        case str() if is_requested(item) and "call_id" in item:
            return {**item, "call_id": action_id(item)}  # the id that its answer names
        case str():
            return item
        case _:
            return None


def _is_whole_message(item: JsonObject) -> bool:
    contents = item.get("content")
    return (
        item.get("role") in ("assistant", "user", "developer", "system")  # compaction gives back the user's
        and bool(as_text(item.get("id")))
        and isinstance(contents, list)
        and all(_is_whole_content(as_object(content)) for content in contents)
    )


def _is_whole_content(content: JsonObject) -> bool:
    match content.get("type"):
        case "output_text":
            return isinstance(content.get("text"), str) and isinstance(content.get("annotations"), list)
        case "refusal":
            return isinstance(content.get("refusal"), str)
        case type:
            return isinstance(type, str)
