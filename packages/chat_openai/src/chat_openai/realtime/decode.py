"""From the server's objects to parts, usage and errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chat_core import JsonObject, JsonValue, Origin, ProviderError, Text, ToolCall, Usage
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.types.message import FinishReason
from chat_core.types.native import Native
from chat_core.types.parts import Opaque, Part
from chat_core.wire import error_from_object, tool_call

_TEXTS = ("text", "output_text")
_SOUNDS = ("audio", "output_audio")


def usage(frame: JsonObject) -> Usage:
    """Return the tokens of a `response.done`; one server has them beside the response instead of in it."""
    sent = as_object(as_object(frame.get("response")).get("usage")) or as_object(frame.get("usage"))
    of_input, of_output = (as_object(sent.get(f"{way}_token_details")) for way in ("input", "output"))
    return Usage(
        input_tokens=as_count(sent.get("input_tokens")),
        output_tokens=as_count(sent.get("output_tokens")),
        cache_read_tokens=as_count(of_input.get("cached_tokens")),
        reasoning_tokens=as_count(of_output.get("reasoning_tokens")),
        total_tokens=as_count(sent.get("total_tokens")),
        raw=sent,
    )


def item_parts(item: JsonObject, origin: Origin) -> Iterator[Part]:
    """Yield the parts of a whole item. Blocks of types that are not known are kept as they are."""
    match as_text(item.get("type")):
        case "message":
            for content in map(as_object, as_list(item.get("content"))):
                kind = as_text(content.get("type"))
                text = as_text(content.get("text" if kind in _TEXTS else "transcript"))
                if text and kind in (*_TEXTS, *_SOUNDS):
                    yield Text(text)
        case "function_call":
            yield called(item, origin)
        case _:
            yield Opaque(Native(origin, item))


def called(item: JsonObject, origin: Origin) -> ToolCall:
    """Return the call of a function."""
    id = as_text(item.get("call_id")) or as_text(item.get("id"))
    native = Native(origin, {"call_id": id})
    return tool_call(id, as_text(item.get("name")), as_text(item.get("arguments")), native)


def finish(response: JsonObject, calls: Sequence[ToolCall]) -> tuple[FinishReason, str | None]:
    """Return why a response ended, and the server's own word."""
    status = as_text(response.get("status"))
    if status == "completed":
        return ("tool_calls" if calls else "stop"), status
    if status == "incomplete":
        reason = as_text(status_details(response).get("reason"))
        words: dict[str, FinishReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}
        return words.get(reason, "other"), reason or status
    return "other", status or None


def status_details(response: JsonObject) -> JsonObject:
    """Return the details of a status; one server sends a text in their place."""
    return as_object(response.get("status_details"))


def response_error(response: JsonObject) -> ProviderError:
    """Return the error of a response that failed."""
    error = as_object(status_details(response).get("error"))
    fallback: dict[str, JsonValue] = {"message": "the response failed, and the server gave no reason"}
    return error_from_object({"error": error or fallback})


def event_error(frame: JsonObject) -> ProviderError:
    """Return the error of an `error` event."""
    return error_from_object({"error": as_object(frame.get("error"))})
