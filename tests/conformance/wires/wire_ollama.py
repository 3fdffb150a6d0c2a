"""Ollama's native wire: what the scripted server has no words for."""

from __future__ import annotations

from typing import Any

from chat_core.testing.loopback.ollama import OLLAMA
from scenarios import Recorded, TapesOf, events_of_lines, exchange

ENDED = {"done": True, "done_reason": "stop", "prompt_eval_count": 20, "eval_count": 9}


def line(content: str = "", done: bool = False, **message: Any) -> dict[str, Any]:
    head = {"model": "m", "created_at": "2026-11-01T00:00:00Z"}
    ending = ENDED if done else {"done": False}
    return {**head, "message": {"role": "assistant", "content": content, **message}, **ending}


def call(city: str, id: str | None = None) -> dict[str, Any]:
    named = {"function": {"name": "weather", "arguments": {"city": city}}}
    return named if id is None else {"id": id, **named}


PAIR = [call("Bern"), call("Rome")]
BROKEN = {"function": {"name": "weather", "arguments": "Bern"}}
EXTRA = {
    "calls_without_ids": Recorded(
        line(done=True, tool_calls=PAIR), [line(tool_calls=[each]) for each in PAIR] + [line(done=True)]
    ),
    "broken_arguments": Recorded(
        line(done=True, tool_calls=[BROKEN]), [line(tool_calls=[BROKEN]), line(done=True)]
    ),
    "unknown_event": Recorded(
        None, [line("Dr"), {"model": "m", "a_new_field": 1, "done": False}, line("y."), line(done=True)]
    ),
    "unknown_content": Recorded(line("Dry.", done=True, a_new_field={"deep": 1})),
    "error_event": Recorded(None, [line("It rai"), {"error": "the model fell over"}]),
    "error_body": Recorded({"error": "the model fell over"}),
    "rate_limited": Recorded({"error": "slow down"}, status=429, headers={"retry-after": "3"}),
    "models": Recorded(
        exchanges=[
            exchange("/api/tags", {"models": [{"name": "m:latest", "model": "m:latest", "size": 7}]}, "GET")
        ],
        expected={"ids": ["m:latest"]},
    ),
    "embeddings": Recorded(
        exchanges=[
            exchange(
                "/api/embed",
                {"model": "m", "embeddings": [[1.0, -0.5], [0.5, 0.25]], "prompt_eval_count": 7},
            )
        ],
        expected={"vectors": [[1.0, -0.5], [0.5, 0.25]], "model": "m", "usage": {"input_tokens": 7}},
    ),
}
TAPES = TapesOf(
    "/api/chat",
    OLLAMA,
    more=EXTRA,
    reads_body=events_of_lines,
    stream_type="application/x-ndjson",
    without=frozenset({"refusal", "content_filter", "usage"}),
    expected={"text": {"raw_finish_reason": "stop", "model": "m"}},
)
