"""The turns of a loopback server on Gemini's wire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chat_core.testing.loopback.reaction import dump
from chat_core.testing.loopback.script import Failure, Reply
from chat_core.testing.loopback.wire import (
    TurnRequest,
    Wire,
    as_value,
    calls_of,
    default_finish,
    finish_word,
    joined_array,
    pieces,
)
from chat_core.types.json_values import JsonObject, JsonValue

_SIGNATURE = "bG9vcGJhY2s="
_WORDS = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "refusal": "SAFETY",
}
_ERRORS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def whole_turn(reply: Reply, request: TurnRequest) -> JsonObject:
    whole = replace(reply, chunk=max(len(reply.text), len(reply.reasoning), 1))
    return _response(reply, request, list(_parts(whole, request.number)), ended=True)


def frames(reply: Reply, request: TurnRequest) -> Iterator[bytes]:
    return (b"data: %b\r\n\r\n" % dump(response) for response in _responses(reply, request))


def array_frames(reply: Reply, request: TurnRequest) -> Iterator[bytes]:
    """Yield the same as one JSON array, which is what a stream without `alt=sse` is."""
    return joined_array(_responses(reply, request))


def _responses(reply: Reply, request: TurnRequest) -> Iterator[JsonObject]:
    """Yield a response for each part, the last one with the reason why the turn ended."""
    parts = list(_parts(reply, request.number)) or [{"text": ""}]
    for part in parts[:-1]:
        yield _response(reply, request, [part], ended=False)
    yield _response(reply, request, parts[-1:], ended=True)


def _parts(reply: Reply, number: int) -> Iterator[JsonObject]:
    for piece in pieces(reply.reasoning, reply.chunk):
        yield {"text": piece, "thought": True}
    for piece in pieces(reply.text, reply.chunk):
        yield {"text": piece}
    for position, (call_id, call, arguments) in enumerate(calls_of(reply, number)):
        part: JsonObject = {"functionCall": {"id": call_id, "name": call.name, "args": as_value(arguments)}}
        yield {**part, "thoughtSignature": _SIGNATURE} if position == 0 else part


def _response(reply: Reply, request: TurnRequest, parts: list[JsonObject], *, ended: bool) -> JsonObject:
    content: JsonObject = {"role": "model", "parts": list[JsonValue](parts)}
    candidate: JsonObject = {"content": content, "index": 0}
    if ended:
        candidate["finishReason"] = finish_word(reply, _WORDS)
        if default_finish(reply) == "refusal":
            candidate["finishMessage"] = reply.refusal
    usage: JsonObject = {
        "promptTokenCount": reply.prompt_tokens,
        "cachedContentTokenCount": reply.cached_tokens,
        "candidatesTokenCount": reply.completion_tokens - reply.reasoning_tokens,
        "thoughtsTokenCount": reply.reasoning_tokens,
        "totalTokenCount": reply.prompt_tokens + reply.completion_tokens,
    }
    return {
        "candidates": [candidate],
        "usageMetadata": {name: count for name, count in usage.items() if count},
        "modelVersion": request.model,
        "responseId": f"response-{request.number}",
    }


def _error(failure: Failure, number: int) -> JsonObject:
    error: JsonObject = {
        "code": failure.status,
        "message": failure.message,
        "status": _ERRORS.get(failure.status, "INTERNAL"),
    }
    details: list[JsonValue] = []
    if failure.code:
        details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": failure.code})
    if failure.retry_after is not None:
        delay = f"{failure.retry_after:g}s"
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    return {"error": {**error, **({"details": details} if details else {})}}


GEMINI = Wire(whole_turn, frames, _error)
GEMINI_ARRAY = Wire(whole_turn, array_frames, _error, "application/json; charset=UTF-8")
