"""The turns of a loopback server on OpenAI's Responses wire."""

from __future__ import annotations

from collections.abc import Iterator

from chat_core.testing.loopback.reaction import CREATED, error_body
from chat_core.testing.loopback.script import Failure, Reply
from chat_core.testing.loopback.wire import TurnRequest, Wire, calls_of, finish_word, pieces, sse_frame
from chat_core.types.json_values import JsonObject, JsonValue

_INCOMPLETE = {"stop": "", "tool_calls": "", "refusal": "", "length": "max_output_tokens"}
_ECHOED = (
    *("instructions", "metadata", "previous_response_id", "reasoning", "temperature", "text"),
    *("tool_choice", "tools", "top_p", "truncation", "parallel_tool_calls", "store"),
)


def whole_turn(reply: Reply, request: TurnRequest) -> JsonObject:
    reason = finish_word(reply, _INCOMPLETE)
    return {
        **_head(request, "incomplete" if reason else "completed"),
        "incomplete_details": {"reason": reason} if reason else None,
        "output": list(_items(reply, request)),
        "usage": {
            "input_tokens": reply.prompt_tokens,
            "input_tokens_details": {"cached_tokens": reply.cached_tokens, "cache_write_tokens": 0},
            "output_tokens": reply.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
            "total_tokens": reply.prompt_tokens + reply.completion_tokens,
        },
    }


def frames(reply: Reply, request: TurnRequest) -> Iterator[bytes]:
    for sequence, event in enumerate(_events(reply, request)):
        yield sse_frame({**event, "sequence_number": sequence}, str(event["type"]))


def _events(reply: Reply, request: TurnRequest) -> Iterator[JsonObject]:
    begun: JsonObject = {**_head(request, "in_progress"), "incomplete_details": None}
    begun |= {"output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(_items(reply, request)):
        yield {"type": "response.output_item.added", "output_index": index, "item": _opened(item)}
        place: JsonObject = {"item_id": item["id"], "output_index": index}
        yield from _item_events(item, place, reply.chunk)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    whole = whole_turn(reply, request)
    yield {"type": f"response.{whole['status']}", "response": whole}


def _items(reply: Reply, request: TurnRequest) -> Iterator[JsonObject]:
    number = request.number
    if reply.reasoning:
        summary: list[JsonValue] = [{"type": "summary_text", "text": reply.reasoning}]
        yield {"type": "reasoning", "id": f"rs_{number}", "summary": summary}
    content: list[JsonValue] = []
    if reply.text or not (reply.calls or reply.refusal or reply.reasoning):
        content.append({"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []})
    if reply.refusal:
        content.append({"type": "refusal", "refusal": reply.refusal})
    if content:
        yield {
            "type": "message",
            "id": f"msg_{number}",
            "role": "assistant",
            "status": "completed",
            "content": content,
        }
    for position, (call_id, call, arguments) in enumerate(calls_of(reply, number), start=1):
        yield {
            "type": "function_call",
            "id": f"fc_{number}_{position}",
            "call_id": call_id,
            "name": call.name,
            "arguments": arguments,
            "status": "completed",
        }


def _opened(item: JsonObject) -> JsonObject:
    """Return an item as it is when it begins."""
    empty: JsonObject = {"summary": [], "content": [], "arguments": "", "status": "in_progress"}
    return {name: empty.get(name, value) for name, value in item.items()}


def _item_events(item: JsonObject, place: JsonObject, size: int) -> Iterator[JsonObject]:
    if item["type"] == "function_call":
        arguments = str(item["arguments"])
        for piece in pieces(arguments, size):
            yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
        done: JsonObject = {"arguments": arguments, "name": item["name"]}
        yield {"type": "response.function_call_arguments.done", **place, **done}
        return
    listed, index = (
        ("summary", "summary_index") if item["type"] == "reasoning" else ("content", "content_index")
    )
    parts = item[listed]
    for position, part in enumerate(parts if isinstance(parts, list) else []):
        if isinstance(part, dict):
            yield from _part_events(part, {**place, index: position}, size)


def _part_events(part: JsonObject, place: JsonObject, size: int) -> Iterator[JsonObject]:
    """Yield the events of one part of a message, or of one summary of reasoning."""
    kind = str(part["type"])
    field = "refusal" if kind == "refusal" else "text"
    outer = "reasoning_summary_part" if kind == "summary_text" else "content_part"
    inner = {"summary_text": "reasoning_summary_text"}.get(kind, kind)
    logprobs: JsonObject = {"logprobs": []} if kind == "output_text" else {}
    yield {"type": f"response.{outer}.added", **place, "part": {**part, field: ""}}
    for piece in pieces(str(part[field]), size):
        yield {"type": f"response.{inner}.delta", **place, "delta": piece, **logprobs}
    yield {"type": f"response.{inner}.done", **place, field: part[field], **logprobs}
    yield {"type": f"response.{outer}.done", **place, "part": part}


def _head(request: TurnRequest, status: str) -> JsonObject:
    defaults: JsonObject = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    echoed = {name: request.body.get(name, defaults.get(name)) for name in _ECHOED}
    return {
        "id": f"resp_{request.number}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "model": request.model,
        **echoed,
    }


def _error(failure: Failure, number: int) -> JsonObject:
    return error_body(failure)


RESPONSES = Wire(whole_turn, frames, _error)
