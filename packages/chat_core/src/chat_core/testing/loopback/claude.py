"""The turns of a loopback server on Anthropic's Messages wire."""

from __future__ import annotations

from collections.abc import Iterator

from chat_core.testing.loopback.script import Failure, Reply
from chat_core.testing.loopback.wire import (
    TurnRequest,
    Wire,
    as_value,
    calls_of,
    default_finish,
    finish_word,
    pieces,
    sse_frame,
)
from chat_core.types.json_values import JsonObject, JsonValue

_SIGNATURE = "bG9vcGJhY2s="
_WORDS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def whole_turn(reply: Reply, request: TurnRequest) -> JsonObject:
    content: list[JsonValue] = [block for block, _, _ in _blocks(reply, request)]
    return {**_message(request), "content": content, **_ended(reply), "usage": _usage(reply)}


def frames(reply: Reply, request: TurnRequest) -> Iterator[bytes]:
    return (sse_frame(event, str(event["type"])) for event in _events(reply, request))


def _events(reply: Reply, request: TurnRequest) -> Iterator[JsonObject]:
    begun: JsonObject = {**_message(request), "content": [], "stop_reason": None, "stop_sequence": None}
    begun["usage"] = {**_usage(reply), "output_tokens": 1}
    yield {"type": "message_start", "message": begun}
    yield {"type": "ping"}
    for index, (block, kind, text) in enumerate(_blocks(reply, request)):
        yield {"type": "content_block_start", "index": index, "content_block": _opened(block)}
        for piece in ([""] if kind == "input_json" else []) + list(pieces(text, reply.chunk)):
            field = "partial_json" if kind == "input_json" else kind
            delta: JsonObject = {"type": f"{kind}_delta", field: piece}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        if kind == "thinking":
            signed: JsonObject = {"type": "signature_delta", "signature": _SIGNATURE}
            yield {"type": "content_block_delta", "index": index, "delta": signed}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": _ended(reply), "usage": _usage(reply)}
    yield {"type": "message_stop"}


def _blocks(reply: Reply, request: TurnRequest) -> Iterator[tuple[JsonObject, str, str]]:
    """Yield each block of content, the kind of its deltas, and the text that they carry."""
    if reply.reasoning:
        thinking: JsonObject = {"thinking": reply.reasoning, "signature": _SIGNATURE}
        yield {"type": "thinking", **thinking}, "thinking", reply.reasoning
    if reply.text:
        yield {"type": "text", "text": reply.text, "citations": None}, "text", reply.text
    for call_id, call, arguments in calls_of(reply, request.number, "toolu"):
        block: JsonObject = {"type": "tool_use", "id": call_id, "name": call.name}
        yield {**block, "input": as_value(arguments)}, "input_json", arguments


def _opened(block: JsonObject) -> JsonObject:
    """Return a block as it is when it begins."""
    empty: JsonObject = {"text": "", "thinking": "", "signature": "", "input": {}}
    return {name: empty.get(name, value) for name, value in block.items()}


def _message(request: TurnRequest) -> JsonObject:
    return {"id": f"msg_{request.number}", "type": "message", "role": "assistant", "model": request.model}


def _ended(reply: Reply) -> JsonObject:
    """Return why the turn ended. Words of refusal are no content on this wire, but an explanation."""
    ended: JsonObject = {"stop_reason": finish_word(reply, _WORDS), "stop_sequence": None}
    if default_finish(reply) == "refusal":
        ended["stop_details"] = {"type": "refusal", "category": None, "explanation": reply.refusal}
    return ended


def _usage(reply: Reply) -> JsonObject:
    return {
        "input_tokens": reply.prompt_tokens - reply.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": reply.cached_tokens,
        "output_tokens": reply.completion_tokens,
        "output_tokens_details": {"thinking_tokens": reply.reasoning_tokens},
    }


def _error(failure: Failure, number: int) -> JsonObject:
    kind = _ERRORS.get(failure.status, "api_error" if failure.status >= 500 else "invalid_request_error")
    error: JsonObject = {"type": kind, "message": failure.message}
    if failure.code:
        error["details"] = {"error_code": failure.code}
    return {"type": "error", "error": error, "request_id": f"req-{number}"}


CLAUDE = Wire(whole_turn, frames, _error)
