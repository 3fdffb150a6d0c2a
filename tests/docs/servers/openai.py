"""A model on the Responses wire: it answers, searches, draws, calls tools, asks before an MCP call, and may
have forgotten. It counts tokens, hangs up in the middle of streams in the background, and draws on the
Images wire too.
"""

import base64
import json
from itertools import count
from typing import Any

from chat_core.testing.loopback import Raw

_numbers = count(1)
_background: dict[str, list[dict[str, Any]]] = {}  # the events of each stored response
_PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n...").decode()
_USAGE = {
    "input_tokens": 36,
    "input_tokens_details": {"cached_tokens": 32},
    "output_tokens": 87,
    "output_tokens_details": {"reasoning_tokens": 64},
    "total_tokens": 123,
}


def answer(body: dict[str, Any]) -> Raw:
    number = next(_numbers)
    if "prompt" in body:
        return _drawn(body)
    if "response_id" in body:
        stored = _background[body["response_id"]]
        if "stream" in body:
            return _streamed(stored[int(body["starting_after"]) + 1 :])
        return Raw(json.dumps(stored[-1]["response"]).encode(), "application/json")
    if not body.keys() & {"store", "conversation"}:
        counted = {"object": "response.input_tokens", "input_tokens": 8 * len(body["input"])}
        return Raw(json.dumps(counted).encode(), "application/json")
    previous = body.get("previous_response_id")
    if previous == "resp_forgotten":
        error = {
            "error": {
                "code": "previous_response_not_found",
                "message": f"Previous response with id '{previous}' not found.",
            }
        }
        return Raw(json.dumps(error).encode(), "application/json", 400)
    output = [] if body.get("generate") is False else _output(body)
    head = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 0,
        "model": body["model"],
        "output": [],
    }
    whole = {**head, "status": "completed", "output": output, "usage": _USAGE}
    if not body.get("stream") and not body.get("background"):
        return Raw(json.dumps(whole).encode(), "application/json")
    events = [{"type": "response.created", "response": {**head, "status": "in_progress"}}]
    for index, item in enumerate(output):
        events += [{**event, "output_index": index} for event in _events(item)]
    events.append({"type": "response.completed", "response": whole})
    if body.get("background"):
        events = _background[head["id"]] = [
            {**event, "sequence_number": at} for at, event in enumerate(events)
        ]
        if not body.get("stream"):
            return Raw(json.dumps({**head, "status": "queued"}).encode(), "application/json")
        return _streamed(events[: len(events) // 2])
    return _streamed(events)


def _streamed(events: list[dict[str, Any]]) -> Raw:
    return Raw("".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode())


def _drawn(body: dict[str, Any]) -> Raw:
    usage = {"input_tokens": 14 + 64 * len(body.get("images", ())), "output_tokens": 272}
    if not body.get("stream"):
        drawn = {"data": [{"b64_json": _PIXEL}] * body.get("n", 1), "output_format": "png", "usage": usage}
        return Raw(json.dumps(drawn).encode(), "application/json")
    kind = "image_edit" if "images" in body else "image_generation"
    kinds = [f"{kind}.partial_image"] * body.get("partial_images", 0) + [f"{kind}.completed"]
    return _streamed(
        [{"type": kind, "b64_json": _PIXEL, "output_format": "png", "usage": usage} for kind in kinds]
    )


def _events(item: dict[str, Any]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    match item["type"]:
        case "message":
            words = item["content"][0]["text"].split(" ")
            pieces = [word if at == 0 else f" {word}" for at, word in enumerate(words)]
            told = [
                {"type": "response.output_text.delta", "content_index": 0, "delta": piece} for piece in pieces
            ]
        case "reasoning":
            kind = "response.reasoning_summary_text.delta"
            told = [
                {"type": kind, "summary_index": at, "delta": piece["text"]}
                for at, piece in enumerate(item["summary"])
            ]
        case "image_generation_call":
            told = [
                {
                    "type": "response.image_generation_call.partial_image",
                    "partial_image_index": 0,
                    "partial_image_b64": _PIXEL,
                }
            ]
        case _:
            pass
    return [*told, {"type": "response.output_item.done", "item": item}]


def _output(body: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {tool["type"]: tool for tool in body.get("tools") or []}
    last = body["input"][-1]
    asked = _text(last)
    if last.get("type") == "function_call_output":
        return [_said(f"It is {last['output']}.")]
    if last.get("type") == "mcp_approval_response":
        call = {
            "type": "mcp_call",
            "id": "mcp_1",
            "server_label": "docs",
            "name": "find",
            "arguments": "{}",
            "output": "Found it.",
        }
        return [call, _said("I found it." if last["approve"] else "Then I will not look.")]
    if "function" in kinds:
        name = kinds["function"]["name"]
        arguments = json.dumps({"city": "Zürich"}, ensure_ascii=False)
        thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAABsealed"}
        return [
            thought,
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": name,
                "arguments": arguments,
            },
        ]
    if "mcp" in kinds:
        asking = {"name": "find", "arguments": '{"what":"x"}'}
        return [{"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "docs", **asking}]
    if "web_search" in kinds:
        action = {"type": "search", "query": asked}
        note = {
            "type": "url_citation",
            "url": "https://example.com/bern",
            "title": "Bern",
            "start_index": 0,
            "end_index": 4,
        }
        return [
            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": action},
            _said("Bern has 137,000 inhabitants.", note),
        ]
    if "image_generation" in kinds:
        return [
            {
                "type": "image_generation_call",
                "id": "ig_1",
                "status": "completed",
                "output_format": "png",
                "result": _PIXEL,
            }
        ]
    if (body.get("text") or {}).get("format"):
        return [_said('{"name": "Bern", "inhabitants": 137000}')]
    if (body.get("reasoning") or {}).get("summary"):
        thought = {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "They greet me."}],
        }
        return [{**thought, "encrypted_content": "gAAAAABsealed"}, _said("Hello!")]
    kind = (
        ", ".join(part["type"] for part in last["content"]) if isinstance(last.get("content"), list) else ""
    )
    return [_said(f"I got {kind}." if kind else f"You said: {asked}")]


def _said(text: str, *notes: dict[str, Any]) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": list(notes)}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def _text(item: dict[str, Any]) -> str:
    content = item.get("content") or ""
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
