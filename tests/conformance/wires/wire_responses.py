"""OpenAI's Responses wire: what the scripted server has no words for."""

from __future__ import annotations

from typing import Any

from chat_core.testing.loopback.responses import RESPONSES
from scenarios import BERN, Frame, Recorded, TapesOf, exchange
from side_tapes import model_tape

USAGE = {"input_tokens": 20, "output_tokens": 9, "total_tokens": 29}
ERROR = {"code": "server_error", "message": "the model fell over"}
SEALED = "c2VhbGVkLXJlYXNvbmluZw=="


def call(id: str, city: str, number: int = 1) -> dict[str, Any]:
    arguments = f'{{"city": "{city}"}}'
    named = {"type": "function_call", "id": f"fc_{number}", "call_id": id, "name": "weather"}
    return {**named, "arguments": arguments, "status": "completed"}


def message(text: str, number: int = 1) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    head = {"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "completed"}
    return {**head, "content": content}


def whole(*output: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"id": "resp_1", "object": "response", "created_at": 1767225600, "model": "m"}
    return {**head, "status": "completed", "error": None, "output": list(output), "usage": USAGE, **more}


def event(type: str, **fields: Any) -> Frame:
    return f"response.{type}", {"type": f"response.{type}", **fields}


def item(index: int, each: dict[str, Any]) -> list[Frame]:
    place = {"item_id": each["id"], "output_index": index}
    if each["type"] == "function_call":
        opened = {**each, "arguments": "", "status": "in_progress"}
        middle = [event("function_call_arguments.delta", **place, delta=each["arguments"])]
        middle.append(event("function_call_arguments.done", **place, arguments=each["arguments"]))
    elif each["type"] == "message":
        opened = {**each, "content": [], "status": "in_progress"}
        text = each["content"][0]["text"]
        place |= {"content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": []}
        middle = [event("content_part.added", **place, part=part)]
        middle += [event("output_text.delta", **place, delta=piece) for piece in (text[:2], text[2:])]
        middle.append(event("output_text.done", **place, text=text))
    else:
        opened, middle = each, []
    added = event("output_item.added", output_index=index, item=opened)
    return [added, *middle, event("output_item.done", output_index=index, item=each)]


def stream(*output: dict[str, Any], between: tuple[Frame, ...] = ()) -> list[Frame]:
    begun = whole(status="in_progress", usage=None)
    frames = [frame for index, each in enumerate(output) for frame in item(index, each)]
    created = event("created", response=begun)
    return [created, *between, *frames, event("completed", response=whole(*output))]


NEW = {"type": "a_new_item", "id": "new_1", "deep": {"canary": [1]}}
REASONED = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "The sky is grey, and so it rains."}],
    "encrypted_content": SEALED,
}
PAIR = (call("call_one", "Bern"), call("call_two", "Rome", 2))

EXTRA = {
    "models": model_tape("/v1/models", "model-one", "model-two"),
    "token_count": Recorded(
        exchanges=[
            exchange("/v1/responses/input_tokens", {"object": "response.input_tokens", "input_tokens": 31})
        ],
        expected={"tokens": 31},
    ),
    "reasoning": Recorded(
        whole(REASONED, message("It rains.")),
        [
            event("created", response=whole(status="in_progress", usage=None)),
            event("output_item.added", output_index=0, item={**REASONED, "summary": []}),
            *[
                event(
                    "reasoning_summary_text.delta",
                    item_id="rs_1",
                    output_index=0,
                    summary_index=0,
                    delta=piece,
                )
                for piece in ("The sky is grey, ", "and so it rains.")
            ],
            event("output_item.done", output_index=0, item=REASONED),
            *item(1, message("It rains.")),
            event("completed", response=whole(REASONED, message("It rains."))),
        ],
    ),
    "unknown_reason": Recorded(
        whole(message("Hm."), status="incomplete", incomplete_details={"reason": "zebra"}),
        [
            *stream(message("Hm."))[:-1],
            event(
                "incomplete",
                response=whole(message("Hm."), status="incomplete", incomplete_details={"reason": "zebra"}),
            ),
        ],
    ),
    "repeated_call": Recorded(
        whole(call("call_one", "Bern"), call("call_one", "Bern")),
        [
            *stream(call("call_one", "Bern"))[:-1],
            *item(0, call("call_one", "Bern"))[-1:],
            event("completed", response=whole(call("call_one", "Bern"))),
        ],
    ),
    "interleaved_calls": Recorded(
        None,
        [
            event("created", response=whole(status="in_progress", usage=None)),
            *[
                event("output_item.added", output_index=n, item={**each, "arguments": ""})
                for n, each in enumerate(PAIR)
            ],
            event("function_call_arguments.delta", item_id="fc_2", output_index=1, delta='{"city": '),
            event("function_call_arguments.delta", item_id="fc_1", output_index=0, delta='{"city": "Bern"}'),
            event("function_call_arguments.delta", item_id="fc_2", output_index=1, delta='"Rome"}'),
            *[event("output_item.done", output_index=n, item=PAIR[n]) for n in (1, 0)],
            event("completed", response=whole(*PAIR)),
        ],
    ),
    "calls_without_ids": Recorded(
        whole(*[{**each, "call_id": "", "id": ""} for each in PAIR]), stream(*PAIR)
    ),
    "unknown_event": Recorded(None, stream(message("Dry."), between=(event("a_new_event", deep={"a": 1}),))),
    "unknown_content": Recorded(whole(NEW, message("Dry.")), stream(NEW, message("Dry."))),
    "order": Recorded(
        whole(message("A"), call("call_one", "Bern"), message("B", 2)),
        stream(message("A"), call("call_one", "Bern"), message("B", 2)),
        expected={"parts": ["text", "tool_call", "text"], "text": "AB", "calls": [{"arguments": BERN}]},
    ),
    "error_event": Recorded(
        None,
        [*stream(message("It rains."))[:4], event("failed", response=whole(status="failed", error=ERROR))],
    ),
    "error_body": Recorded(whole(status="failed", error=ERROR)),
    "rate_limited": Recorded(
        {"error": {"message": "slow down", "type": "rate_limit", "code": "too_fast"}},
        status=429,
        headers={"retry-after": "3"},
    ),
}
TAPES = TapesOf(
    "/v1/responses",
    RESPONSES,
    more=EXTRA,
    expected={
        "text": {
            "usage": {
                "input_tokens": 20,
                "output_tokens": 9,
                "cache_read_tokens": 0,
                "cache_write_tokens": 0,
                "reasoning_tokens": 0,
            },
            "model": "m",
            "id": "resp_1",
        },
        "usage": {
            "usage": {
                "input_tokens": 20,
                "output_tokens": 9,
                "cache_read_tokens": 12,
                "cache_write_tokens": 0,
                "reasoning_tokens": 4,
            }
        },
        "unknown_reason": {"raw_finish_reason": "incomplete"},
        "reasoning": {"sent_back": [SEALED]},
        "error_event": {"error": {"message": "the model fell over", "code": "server_error"}},
    },
)
