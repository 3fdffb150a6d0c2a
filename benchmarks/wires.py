"""What servers of each wire send, with the fields that real ones send, as objects."""

import json
from collections.abc import Sequence
from typing import Any

WIRES = ("chat", "responses", "claude", "gemini", "ollama")
Calls = Sequence[tuple[str, str, dict[str, Any]]]
"""Id, name and arguments of tool calls."""

PIECE = 8  # characters of arguments in one event


def answer(wire: str, text: str, calls: Calls = ()) -> dict[str, Any]:
    """Return a whole response."""
    return _ANSWERS[wire](text, calls)


def events(wire: str, texts: Sequence[str], calls: Calls = ()) -> list[Any]:
    """Return the events of a streamed response, one for each text and each piece of arguments."""
    return _EVENTS[wire](texts, calls)


def pieces(arguments: dict[str, Any]) -> list[str]:
    text = json.dumps(arguments)
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)]


# Chat Completions

_USAGE = {"prompt_tokens": 12, "completion_tokens": 600, "total_tokens": 612}


def _chat(text: str, calls: Calls) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if calls:
        message["tool_calls"] = [
            {"id": id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for id, name, arguments in calls
        ]
    reason = "tool_calls" if calls else "stop"
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    head = {"id": "chatcmpl-bench", "object": "chat.completion", "created": 1790000000, "model": "bench-1"}
    return {**head, "choices": [choice], "usage": _USAGE}


def _chat_events(texts: Sequence[str], calls: Calls) -> list[Any]:
    def chunk(choices: Sequence[object], usage: object = None) -> dict[str, Any]:
        head = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1790000000}
        more = {"model": "bench-1", "service_tier": "default", "system_fingerprint": "fp_bench"}
        return {**head, **more, "choices": choices, "usage": usage}

    def delta(**fields: object) -> dict[str, Any]:
        return chunk([{"index": 0, "delta": fields, "logprobs": None, "finish_reason": None}])

    found = [delta(role="assistant", content="", refusal=None), *(delta(content=text) for text in texts)]
    for index, (id, name, arguments) in enumerate(calls):
        begin = {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}
        found.append(delta(tool_calls=[begin]))
        found += [
            delta(tool_calls=[{"index": index, "function": {"arguments": piece}}])
            for piece in pieces(arguments)
        ]
    end = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "tool_calls" if calls else "stop"}
    return [*found, chunk([end]), chunk([], _USAGE), "[DONE]"]


# Responses


def _responses(text: str, calls: Calls) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    message = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }
    usage = {"input_tokens": 12, "output_tokens": 600, "total_tokens": 612}
    usage |= {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    items = [_function_call(id, name, json.dumps(arguments), "completed") for id, name, arguments in calls]
    return _response("completed", [*([message] if text else []), *items], usage)


def _response(status: str, output: Sequence[object], usage: object = None) -> dict[str, Any]:
    head = {"id": "resp_bench", "object": "response", "created_at": 1790000000, "status": status}
    fields = {"model": "bench-1", "output": output, "usage": usage, "error": None, "incomplete_details": None}
    settings = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "metadata": {}}
    return {**head, **fields, **settings, "instructions": None, "temperature": 1.0, "top_p": 1.0}


def _function_call(id: str, name: str, arguments: str, status: str) -> dict[str, Any]:
    item = {"type": "function_call", "id": f"fc_{id}", "call_id": id, "name": name}
    return {**item, "arguments": arguments, "status": status}


def _responses_events(texts: Sequence[str], calls: Calls) -> list[Any]:
    whole = _responses("".join(texts), calls)
    found: list[dict[str, Any]] = [{"type": "response.created", "response": _response("in_progress", [])}]
    if texts:
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        message = whole["output"][0]
        empty = {**message, "status": "in_progress", "content": []}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        found += [
            {"type": "response.output_item.added", "output_index": 0, "item": empty},
            {"type": "response.content_part.added", **place, "part": part},
            *(
                {"type": "response.output_text.delta", **place, "delta": text, "logprobs": []}
                for text in texts
            ),
            {"type": "response.output_text.done", **place, "text": "".join(texts), "logprobs": []},
            {"type": "response.content_part.done", **place, "part": message["content"][0]},
            {"type": "response.output_item.done", "output_index": 0, "item": message},
        ]
    for index, (id, name, arguments) in enumerate(calls, start=bool(texts)):
        place = {"item_id": f"fc_{id}", "output_index": index}
        added = _function_call(id, name, "", "in_progress")
        kind = "response.function_call_arguments"
        found.append({"type": "response.output_item.added", "output_index": index, "item": added})
        found += [{"type": f"{kind}.delta", **place, "delta": piece} for piece in pieces(arguments)]
        found.append({"type": f"{kind}.done", **place, "name": name, "arguments": json.dumps(arguments)})
        done = {"type": "response.output_item.done", "output_index": index}
        found.append({**done, "item": _function_call(id, name, json.dumps(arguments), "completed")})
    found.append({"type": "response.completed", "response": whole})
    return [{**event, "sequence_number": number} for number, event in enumerate(found)]


# Claude


def _claude(text: str, calls: Calls) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    content += [{"type": "tool_use", "id": id, "name": name, "input": given} for id, name, given in calls]
    usage = {"input_tokens": 12, "output_tokens": 600}
    head = {"id": "msg_bench", "type": "message", "role": "assistant", "model": "bench-1", "content": content}
    return {**head, "stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None, "usage": usage}


def _claude_events(texts: Sequence[str], calls: Calls) -> list[Any]:
    def delta(**fields: object) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": index, "delta": fields}

    index = 0
    inner: list[Any] = []
    if texts:
        deltas = [delta(type="text_delta", text=text) for text in texts]
        inner += claude_block(0, {"type": "text", "text": ""}, deltas)
    for index, (id, name, arguments) in enumerate(calls, start=bool(texts)):
        deltas = [delta(type="input_json_delta", partial_json=piece) for piece in pieces(arguments)]
        inner += claude_block(index, {"type": "tool_use", "id": id, "name": name, "input": {}}, deltas)
    return claude_stream(inner, "tool_use" if calls else "end_turn")


def claude_block(index: int, start: dict[str, Any], deltas: Sequence[Any]) -> list[Any]:
    begin = {"type": "content_block_start", "index": index, "content_block": start}
    return [begin, *deltas, {"type": "content_block_stop", "index": index}]


def claude_stream(inner: Sequence[Any], reason: str = "end_turn") -> list[Any]:
    begin = _claude("", ()) | {"stop_reason": None}
    end = {"stop_reason": reason, "stop_sequence": None}
    return [
        {"type": "message_start", "message": begin},
        {"type": "ping"},
        *inner,
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 600}},
        {"type": "message_stop"},
    ]


# Gemini


def _gemini(text: str, calls: Calls) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": text}] if text else []
    parts += [{"functionCall": {"id": id, "name": name, "args": given}} for id, name, given in calls]
    return _gemini_chunk(parts, finishReason="STOP")


def _gemini_chunk(parts: Sequence[object], **fields: object) -> dict[str, Any]:
    candidate = {"content": {"parts": parts, "role": "model"}, "index": 0, **fields}
    usage = {"promptTokenCount": 12, "candidatesTokenCount": 600, "totalTokenCount": 612}
    usage_details = {"promptTokensDetails": [{"modality": "TEXT", "tokenCount": 12}]}
    head = {"candidates": [candidate], "usageMetadata": {**usage, **usage_details}}
    return {**head, "modelVersion": "bench-1", "responseId": "bench"}


def _gemini_events(texts: Sequence[str], calls: Calls) -> list[Any]:
    chunks = [_gemini_chunk([{"text": text}]) for text in texts]
    return [*chunks, _gemini("", calls) if calls else _gemini_chunk([{"text": ""}], finishReason="STOP")]


# Ollama


def _ollama(text: str, calls: Calls) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [{"function": {"name": name, "arguments": given}} for _, name, given in calls]
    head = {"model": "bench-1", "created_at": "2026-11-01T00:00:00.000000Z", "message": message, "done": True}
    counts = {"total_duration": 1, "load_duration": 1, "prompt_eval_count": 12, "eval_count": 600}
    return {**head, "done_reason": "stop", **counts}


def _ollama_events(texts: Sequence[str], calls: Calls) -> list[Any]:
    def line(message: dict[str, Any]) -> dict[str, Any]:
        head = {"model": "bench-1", "created_at": "2026-11-01T00:00:00.000000Z"}
        return {**head, "message": message, "done": False}

    return [*(line({"role": "assistant", "content": text}) for text in texts), _ollama("", calls)]


_ANSWERS = dict(zip(WIRES, (_chat, _responses, _claude, _gemini, _ollama), strict=True))
_EVENTS = dict(
    zip(WIRES, (_chat_events, _responses_events, _claude_events, _gemini_events, _ollama_events), strict=True)
)
