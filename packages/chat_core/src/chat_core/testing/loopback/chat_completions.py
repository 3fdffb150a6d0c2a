"""The turns of a loopback server on the Chat Completions wire, whole and in chunks."""

from __future__ import annotations

from collections.abc import Iterator

from chat_core.testing.loopback.reaction import CREATED, error_body
from chat_core.testing.loopback.script import Failure, Reply
from chat_core.testing.loopback.wire import TurnRequest, Wire, calls_of, pieces, sse_frame
from chat_core.types.json_values import JsonObject


def whole_turn(reply: Reply, request: TurnRequest) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": _content(reply), "refusal": reply.refusal or None}
    if reply.reasoning:
        message["reasoning"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
            for call_id, call, arguments in calls_of(reply, request.number)
        ]
    choice: JsonObject = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": _finish_reason(reply),
    }
    head = _head(request, "chat.completion")
    return {**head, "choices": [choice], "usage": _usage(reply)}


def frames(reply: Reply, request: TurnRequest) -> Iterator[bytes]:
    yield from (sse_frame(chunk) for chunk in _chunks(reply, request))
    yield b"data: [DONE]\n\n"


def _chunks(reply: Reply, request: TurnRequest) -> Iterator[JsonObject]:
    options = request.body.get("stream_options")
    with_usage = isinstance(options, dict) and options.get("include_usage") is True
    head = _head(request, "chat.completion.chunk")
    usage_to_come: JsonObject = {"usage": None} if with_usage else {}

    def chunk(delta: JsonObject, finish_reason: str | None = None) -> JsonObject:
        choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**head, "choices": [choice], **usage_to_come}

    yield chunk({"role": "assistant", "content": None if _content(reply) is None else "", "refusal": None})
    for name, text in ("reasoning", reply.reasoning), ("content", reply.text), ("refusal", reply.refusal):
        for part in pieces(text, reply.chunk):
            yield chunk({name: part})
    for index, (call_id, call, arguments) in enumerate(calls_of(reply, request.number)):
        opened: JsonObject = {"name": call.name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": opened}]})
        for part in pieces(arguments, reply.chunk):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield chunk({}, _finish_reason(reply))
    if with_usage:
        yield {**head, "choices": [], "usage": _usage(reply)}


def _head(request: TurnRequest, kind: str) -> JsonObject:
    return {
        "id": f"chatcmpl-{request.number}",
        "object": kind,
        "created": CREATED,
        "model": request.model,
    }


def _content(reply: Reply) -> str | None:
    return None if not reply.text and (reply.calls or reply.refusal) else reply.text


def _finish_reason(reply: Reply) -> str:
    return reply.finish_reason or ("tool_calls" if reply.calls else "stop")


def _usage(reply: Reply) -> JsonObject:
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
    }


def _error(failure: Failure, number: int) -> JsonObject:
    return error_body(failure)


CHAT_COMPLETIONS = Wire(whole_turn, frames, _error)
