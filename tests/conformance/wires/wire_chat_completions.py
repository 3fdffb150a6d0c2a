"""The Chat Completions wire: what the scripted server has no words for."""

from __future__ import annotations

from typing import Any

from chat_core.testing.loopback.chat_completions import CHAT_COMPLETIONS
from scenarios import BERN, Recorded, TapesOf, exchange
from side_tapes import model_tape

HEAD = {"id": "chatcmpl-1", "created": 1767225600, "model": "m"}
ERROR = {"error": {"message": "the model fell over", "type": "server_error", "code": "fell_over"}}


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {**HEAD, "object": "chat.completion.chunk", **more, "choices": [choice(delta, finish, "delta")]}


def choice(message: dict[str, Any], finish: str | None, field: str = "message") -> dict[str, Any]:
    return {"index": 0, field: message, "finish_reason": finish}


def whole(message: dict[str, Any], finish: str = "stop", **more: Any) -> dict[str, Any]:
    body = {
        **HEAD,
        "object": "chat.completion",
        "choices": [choice({"role": "assistant", **message}, finish)],
    }
    return {**body, "usage": {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29}, **more}


def call(arguments: str, id: str | None = "call_one", index: int | None = None) -> dict[str, Any]:
    named: dict[str, Any] = {"type": "function", "function": {"name": "weather", "arguments": arguments}}
    named |= {} if id is None else {"id": id}
    return named if index is None else {"index": index, **named}


def more(index: int, arguments: str) -> dict[str, Any]:
    return {"index": index, "function": {"arguments": arguments}}


def calls(*deltas: list[dict[str, Any]]) -> list[dict[str, Any] | str]:
    return [*[chunk({"tool_calls": each}) for each in deltas], chunk({}, "tool_calls"), "[DONE]"]


def calling(*each: dict[str, Any]) -> dict[str, Any]:
    return whole({"content": None, "tool_calls": list(each)}, "tool_calls")


EXTRA = {
    "calls_without_ids": Recorded(
        calling(call('{"city": "Bern"}', ""), call('{"city": "Rome"}', None)),
        calls([call('{"city": "Bern"}', "", 0)], [call('{"city": "Rome"}', None, 1)]),
    ),
    "repeated_call": Recorded(
        calling(call('{"city": "Bern"}'), call('{"city": "Bern"}')),
        calls([call('{"city": "Bern"}', index=0)], [call("", index=0)]),
    ),
    "interleaved_calls": Recorded(
        None,
        calls(
            [call("", "call_one", 0)],
            [call("", "call_two", 1)],
            [more(0, '{"city"'), more(1, '{"city": "Ro')],
            [more(1, 'me"}')],
            [more(0, ': "Bern"}')],
        ),
    ),
    "reused_index": Recorded(
        None, calls([call('{"city": "Bern"}', "call_one", 0)], [call('{"city": "Rome"}', "call_two", 0)])
    ),
    "unknown_event": Recorded(
        None,
        [
            {**HEAD, "object": "a.new.object", "choices": []},
            chunk({"content": "Dr"}),
            chunk({"a_new_field": {"deep": 1}}),
            chunk({"content": "y."}),
            chunk({}, "stop"),
            "[DONE]",
        ],
    ),
    "unknown_content": Recorded(whole({"content": "Dry.", "a_new_field": {"deep": [1]}})),
    "error_event": Recorded(None, [chunk({"content": "It rai"}), ERROR]),
    "error_body": Recorded(ERROR),
    "rate_limited": Recorded(
        {"error": {"message": "slow down", "type": "rate_limit", "code": "too_fast"}},
        status=429,
        headers={"retry-after": "3"},
    ),
    "embeddings": Recorded(
        exchanges=[
            exchange(
                "/v1/embeddings",
                {
                    "object": "list",
                    "model": "m",
                    "data": [
                        {"object": "embedding", "index": 1, "embedding": [0.5, 0.25]},
                        {"object": "embedding", "index": 0, "embedding": [1.0, -0.5]},
                    ],
                    "usage": {"prompt_tokens": 7, "total_tokens": 7},
                },
            )
        ],
        expected={"vectors": [[1.0, -0.5], [0.5, 0.25]], "model": "m", "usage": {"input_tokens": 7}},
    ),
    "models": model_tape("/v1/models", "model-one", "model-two"),
    "rerank": Recorded(
        exchanges=[
            exchange(
                "/v1/rerank",
                {
                    "id": "rerank-1",
                    "results": [
                        {"index": 2, "relevance_score": 0.9},
                        {"index": 0, "relevance_score": 0.4},
                    ],
                },
            )
        ],
        expected={"order": [2, 0], "scores": [0.9, 0.4]},
    ),
}
USAGE = {"input_tokens": 20, "output_tokens": 9, "cache_read_tokens": 0, "reasoning_tokens": 0}
TAPES = TapesOf(
    "/v1/chat/completions",
    CHAT_COMPLETIONS,
    more=EXTRA,
    expected={
        "text": {"usage": USAGE, "raw_finish_reason": "stop", "model": "m", "id": "chatcmpl-1"},
        "refusal": {"finish_reason": "stop"},
        "error_event": {"error": {"message": "the model fell over", "code": "fell_over"}},
        "rate_limited": {
            "error": {"type": "RateLimited", "status": 429, "message": "slow down", "code": "too_fast"}
        },
        "reused_index": {"calls": [{"arguments": BERN}, {"arguments": {"city": "Rome"}}]},
    },
)
