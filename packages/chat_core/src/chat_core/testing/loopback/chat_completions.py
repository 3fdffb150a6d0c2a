"""The turns of a loopback server on the Chat Completions wire, whole and in chunks."""

from __future__ import annotations

from collections.abc import Iterator

from chat_core.testing.loopback.reaction import CREATED, Reaction, dump, json_reaction
from chat_core.testing.loopback.script import Call, Reply
from chat_core.types.json_values import JsonObject


def whole_turn(reply: Reply, number: int) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": _content(reply), "refusal": reply.refusal or None}
    if reply.reasoning:
        message["reasoning"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
            for call_id, call, arguments in _calls(reply, number)
        ]
    choice: JsonObject = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": _finish_reason(reply),
    }
    return {"choices": [choice], "usage": _usage(reply)}


def turn_chunks(head: JsonObject, reply: Reply, number: int, *, with_usage: bool) -> Iterator[JsonObject]:
    usage_to_come: JsonObject = {"usage": None} if with_usage else {}

    def chunk(delta: JsonObject, finish_reason: str | None = None) -> JsonObject:
        choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**head, "choices": [choice], **usage_to_come}

    yield chunk({"role": "assistant", "content": None if _content(reply) is None else "", "refusal": None})
    for name, text in ("reasoning", reply.reasoning), ("content", reply.text), ("refusal", reply.refusal):
        for part in _parts(text, reply.chunk):
            yield chunk({name: part})
    for index, (call_id, call, arguments) in enumerate(_calls(reply, number)):
        opened: JsonObject = {"name": call.name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": opened}]})
        for part in _parts(arguments, reply.chunk):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield chunk({}, _finish_reason(reply))
    if with_usage:
        yield {**head, "choices": [], "usage": _usage(reply)}


def _content(reply: Reply) -> str | None:
    return None if not reply.text and (reply.calls or reply.refusal) else reply.text


def _calls(reply: Reply, number: int) -> Iterator[tuple[str, Call, str]]:
    """The id, call and arguments as text of each call; made ids differ from one request to the next."""
    for position, call in enumerate(reply.calls, start=1):
        arguments = call.arguments if isinstance(call.arguments, str) else dump(dict(call.arguments)).decode()
        yield call.id or f"call_{number}_{position}", call, arguments


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


def _parts(text: str, size: int) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))


def models(name: str) -> Reaction:
    model: JsonObject = {"id": name, "object": "model", "created": CREATED, "owned_by": "loopback"}
    return json_reaction(200, {"object": "list", "data": [model]})
