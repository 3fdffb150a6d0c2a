"""The turns of a loopback server on Ollama's own wire: `/api/chat` and `/api/generate`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chat_core.testing.loopback.reaction import dump
from chat_core.testing.loopback.script import Failure, Reply
from chat_core.testing.loopback.wire import TurnRequest, Wire, as_value, calls_of, finish_word, pieces
from chat_core.types.json_values import JsonObject, JsonValue

CREATED_AT = "2026-01-01T00:00:00Z"
_WORDS: dict[str, str] = dict.fromkeys(("tool_calls", "refusal", "content_filter"), "stop")


def whole_turn(reply: Reply, request: TurnRequest) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": reply.text or reply.refusal}
    if reply.reasoning:
        message["thinking"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = list(_calls(reply, request))
    return {**_head(request), "message": message, **_ended(reply)}


def frames(reply: Reply, request: TurnRequest) -> Iterator[bytes]:
    for message in _messages(reply, request):
        yield _line({**_head(request), "message": message, "done": False})
    yield _line({**_head(request), "message": {"role": "assistant", "content": ""}, **_ended(reply)})


def _messages(reply: Reply, request: TurnRequest) -> Iterator[JsonObject]:
    for piece in pieces(reply.reasoning, reply.chunk):
        yield {"role": "assistant", "content": "", "thinking": piece}
    for piece in pieces(reply.text or reply.refusal, reply.chunk):
        yield {"role": "assistant", "content": piece}
    for call in _calls(reply, request):
        yield {"role": "assistant", "content": "", "tool_calls": [call]}


def _calls(reply: Reply, request: TurnRequest) -> Iterator[JsonValue]:
    for index, (call_id, call, arguments) in enumerate(calls_of(reply, request.number)):
        function: JsonObject = {"index": index, "name": call.name, "arguments": as_value(arguments)}
        yield {"id": call_id, "function": function}


def _whole_generation(reply: Reply, request: TurnRequest) -> JsonObject:
    thinking: JsonObject = {"thinking": reply.reasoning} if reply.reasoning else {}
    return {**_head(request), "response": reply.text or reply.refusal, **thinking, **_ended(reply)}


def _generation_frames(reply: Reply, request: TurnRequest) -> Iterator[bytes]:
    for message in _messages(replace(reply, calls=()), request):
        text = message.pop("content")
        message.pop("role")
        yield _line({**_head(request), "response": text, **message, "done": False})
    yield _line({**_head(request), "response": "", **_ended(reply)})


def _line(value: JsonObject) -> bytes:
    return dump(value) + b"\n"


def _head(request: TurnRequest) -> JsonObject:
    return {"model": request.model, "created_at": CREATED_AT}


def _ended(reply: Reply) -> JsonObject:
    """Return the fields of the last line; a count of 0 is left out."""
    counts: JsonObject = {"prompt_eval_count": reply.prompt_tokens, "eval_count": reply.completion_tokens}
    return {
        "done": True,
        "done_reason": finish_word(reply, _WORDS),
        "total_duration": 2_000_000,
        "load_duration": 1_000_000,
        **{name: count for name, count in counts.items() if count},
        "prompt_eval_duration": 500_000,
        "eval_duration": 500_000,
    }


def _error(failure: Failure, number: int) -> JsonObject:
    return {"error": failure.message}


_NDJSON = "application/x-ndjson"
OLLAMA = Wire(whole_turn, frames, _error, _NDJSON)
OLLAMA_GENERATE = Wire(_whole_generation, _generation_frames, _error, _NDJSON)
