"""Claude's Messages wire: what the scripted server has no words for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat_core.testing.loopback.claude import CLAUDE
from scenarios import BERN, Frame, Recorded, TapesOf, exchange
from side_tapes import described, file_tapes

SIGNATURE = "bG9vcGJhY2s="
USAGE = {"input_tokens": 20, "output_tokens": 9}
ERROR = {"type": "error", "error": {"type": "api_error", "message": "the model fell over"}}
TEXT = {"type": "text", "text": "Dry."}
NEW = {"type": "a_new_block", "deep": {"canary": [1]}}


def call(id: str, city: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": "weather", "input": {"city": city}}


def whole(*content: dict[str, Any], stop: str = "end_turn") -> dict[str, Any]:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": list(content)}
    return {**head, "stop_reason": stop, "stop_sequence": None, "usage": USAGE}


def named(**frame: Any) -> Frame:
    return str(frame["type"]), frame


def delta(index: int, **change: Any) -> Frame:
    return named(type="content_block_delta", index=index, delta=change)


def began(index: int, block: dict[str, Any]) -> Frame:
    return named(type="content_block_start", index=index, content_block=block)


def stopped(index: int) -> Frame:
    return named(type="content_block_stop", index=index)


def stream(*frames: Frame, stop: str = "end_turn") -> Iterator[Frame]:
    yield named(type="message_start", message={**whole(), "stop_reason": None})
    yield from frames
    ended = {"stop_reason": stop, "stop_sequence": None}
    yield named(type="message_delta", delta=ended, usage={"output_tokens": 9})
    yield named(type="message_stop")


def block(index: int, content: dict[str, Any]) -> list[Frame]:
    match content:
        case {"type": "text", "text": text}:
            return [
                began(index, {"type": "text", "text": ""}),
                delta(index, type="text_delta", text=text),
                stopped(index),
            ]
        case {"type": "tool_use"}:
            pieces = ('{"city": ', f'"{content["input"]["city"]}"}}')
            deltas = [delta(index, type="input_json_delta", partial_json=piece) for piece in pieces]
            return [began(index, {**content, "input": {}}), *deltas, stopped(index)]
        case _:
            return [began(index, content), stopped(index)]


def calls(*content: dict[str, Any]) -> Iterator[Frame]:
    frames = [frame for index, each in enumerate(content) for frame in block(index, each)]
    return stream(*frames, stop="tool_use")


BATCH = {"id": "msgbatch_1", "type": "message_batch", "created_at": "2026-11-01T00:00:00Z"}
COUNTS = {"processing": 0, "succeeded": 1, "errored": 1, "canceled": 0, "expired": 0}
RESULTS = (
    '{"custom_id":"second","result":{"type":"errored","error":{"type":"error","error":'
    '{"type":"invalid_request_error","message":"no"}}}}\n'
    '{"custom_id":"first","result":{"type":"succeeded","message":{"id":"msg_1","type":"message",'
    '"role":"assistant","model":"m","content":[{"type":"text","text":"One."}],"stop_reason":"end_turn",'
    '"usage":{"input_tokens":3,"output_tokens":2}}}}\n'
)

PAGES = [
    {"data": [described("file-one")], "has_more": True, "last_id": "file-one"},
    {"data": [described("file-two")], "has_more": False},
]
EXTRA = {
    "repeated_call": Recorded(
        whole(call("call_one", "Bern"), call("call_one", "Bern"), stop="tool_use"),
        list(calls(call("call_one", "Bern"), call("call_one", "Bern"))),
    ),
    "interleaved_calls": Recorded(
        None,
        list(
            stream(
                began(0, {**call("call_one", ""), "input": {}}),
                began(1, {**call("call_two", ""), "input": {}}),
                delta(0, type="input_json_delta", partial_json='{"city": "B'),
                delta(1, type="input_json_delta", partial_json='{"city": '),
                delta(0, type="input_json_delta", partial_json='ern"}'),
                delta(1, type="input_json_delta", partial_json='"Rome"}'),
                stopped(1),
                stopped(0),
                stop="tool_use",
            )
        ),
    ),
    "unknown_event": Recorded(
        None,
        list(
            stream(
                named(type="a_new_event", deep={"a": 1}),
                began(0, {"type": "text", "text": ""}),
                delta(0, type="text_delta", text="Dr"),
                delta(0, type="a_new_delta", deep=1),
                named(type="ping"),
                delta(0, type="text_delta", text="y."),
                stopped(0),
            )
        ),
    ),
    "unknown_content": Recorded(whole(NEW, TEXT), list(stream(*block(0, NEW), *block(1, TEXT)))),
    "order": Recorded(
        whole({"type": "text", "text": "A"}, call("call_one", "Bern"), {"type": "text", "text": "B"}),
        list(
            stream(
                *block(0, {"type": "text", "text": "A"}),
                *block(1, call("call_one", "Bern")),
                *block(2, {"type": "text", "text": "B"}),
            )
        ),
        expected={"parts": ["text", "tool_call", "text"], "text": "AB", "calls": [{"arguments": BERN}]},
    ),
    "error_event": Recorded(
        None,
        [
            *list(stream(began(0, {"type": "text", "text": ""}), delta(0, type="text_delta", text="It")))[:3],
            ("error", ERROR),
        ],
    ),
    "error_body": Recorded(ERROR),
    "rate_limited": Recorded(
        {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}, "request_id": "r1"},
        status=429,
        headers={"retry-after": "3"},
    ),
    **file_tapes("/v1/files", *PAGES, mime_type="application/pdf"),
    "token_count": Recorded(
        exchanges=[exchange("/v1/messages/count_tokens", {"input_tokens": 31})], expected={"tokens": 31}
    ),
    "models": Recorded(
        exchanges=[
            exchange(
                "/v1/models", {"data": [{"id": "claude-a"}], "has_more": True, "last_id": "claude-a"}, "GET"
            ),
            exchange("/v1/models", {"data": [{"id": "claude-b"}], "has_more": False}, "GET"),
        ],
        expected={"ids": ["claude-a", "claude-b"]},
    ),
    "batch": Recorded(
        exchanges=[
            exchange("/v1/messages/batches", {**BATCH, "processing_status": "in_progress"}),
            exchange(
                "/v1/messages/batches/msgbatch_1",
                {
                    **BATCH,
                    "processing_status": "ended",
                    "results_url": "https://server.invalid/v1/messages/batches/msgbatch_1/results",
                    "request_counts": COUNTS,
                },
                "GET",
            ),
            exchange(
                "/v1/messages/batches/msgbatch_1/results", RESULTS.encode(), "GET", "application/x-jsonl"
            ),
        ],
        expected={"results": {"first": "One.", "second": "InvalidRequest"}},
    ),
}
TAPES = TapesOf(
    "/v1/messages",
    CLAUDE,
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
            "raw_finish_reason": "end_turn",
            "model": "m",
            "id": "msg_1",
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
        "content_filter": {"finish_reason": "refusal"},
        "reasoning": {"sent_back": [SIGNATURE]},
    },
)
