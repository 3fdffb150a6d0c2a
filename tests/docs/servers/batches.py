"""A model behind the Message Batches API: a batch has ended when it is asked for the second time."""

import json
from typing import Any, cast

from chat_core.testing.loopback import Raw
from chat_core.types.json_values import JsonObject

SUBMITTED: dict[str, list[Any]] = {}
POLLS: dict[str, int] = {}


def answer(body: JsonObject) -> Raw:
    asked = cast("dict[str, Any]", body)
    match asked:
        case {"requests": requests}:
            id = f"msgbatch_{len(SUBMITTED) + 1}"
            SUBMITTED[id], POLLS[id] = requests, 0
            return _json(_state(id, ended=False))
        case {"batch": id, "results": True}:
            lines = [json.dumps(_result(request)) for request in reversed(SUBMITTED[id])]
            return Raw("".join(f"{line}\n" for line in lines).encode(), "application/x-jsonl")
        case {"batch": id}:
            POLLS[id] += 1
            return _json(_state(id, ended=POLLS[id] > 1))
        case _:
            return _json(_message(asked))


def _state(id: str, *, ended: bool) -> dict[str, Any]:
    size = len(SUBMITTED[id])
    done = sum(_result(request)["result"]["type"] == "succeeded" for request in SUBMITTED[id])
    counts = {"processing": 0 if ended else size, "succeeded": done if ended else 0}
    counts["errored"] = size - done if ended else 0
    return {
        "id": id,
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": counts,
    }


def _result(request: dict[str, Any]) -> dict[str, Any]:
    if "a whole library" in json.dumps(request):
        error = {
            "type": "invalid_request_error",
            "message": "prompt is too long: 214000 tokens > 200000 maximum",
        }
        result: dict[str, Any] = {"type": "errored", "error": {"type": "error", "error": error}}
    else:
        result = {"type": "succeeded", "message": _message(request["params"])}
    return {"custom_id": request["custom_id"], "result": result}


def _message(params: dict[str, Any]) -> dict[str, Any]:
    text, stop = json.dumps(params["messages"]), "end_turn"
    content: list[dict[str, Any]] = [{"type": "text", "text": "Bonjour" if "Hello" in text else "Merci"}]
    if "format" in params.get("output_config", {}):
        city = {"city": "Bern", "people": 137000} if "Bern" in text else {"city": "Chur", "people": 41000}
        content = [{"type": "text", "text": json.dumps(city)}]
    elif "tool_result" in text:
        content = [{"type": "text", "text": "It is sent."}]
    elif params.get("tools"):
        arguments = {"to": "ann@example.org", "text": "Hello"}
        content = [{"type": "tool_use", "id": "toolu_1", "name": "send_mail", "input": arguments}]
        stop = "tool_use"
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": params["model"]}
    usage = {"input_tokens": 12, "output_tokens": 9}
    return {**message, "content": content, "stop_reason": stop, "usage": usage}


def _json(body: dict[str, Any]) -> Raw:
    return Raw(json.dumps(body).encode(), "application/json")
