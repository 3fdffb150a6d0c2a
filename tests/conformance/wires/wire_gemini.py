"""Gemini's wire: what the scripted server has no words for."""

from __future__ import annotations

from typing import Any

from chat_core.testing.loopback.gemini import GEMINI
from scenarios import BERN, Recorded, TapesOf, exchange

SIGNATURE = "c2lnbmF0dXJlIG9mIGEgdGhvdWdodA=="
USAGE = {"promptTokenCount": 20, "candidatesTokenCount": 9, "totalTokenCount": 29}
ERROR = {"error": {"code": 500, "message": "the model fell over", "status": "INTERNAL"}}


def call(city: str, id: str | None = None) -> dict[str, Any]:
    function = {"name": "weather", "args": {"city": city}}
    return {"functionCall": function if id is None else {"id": id, **function}}


def response(*parts: dict[str, Any], finish: str | None = "STOP") -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    candidate |= {} if finish is None else {"finishReason": finish}
    return {
        "candidates": [candidate],
        "usageMetadata": USAGE,
        "modelVersion": "m",
        "responseId": "response-1",
    }


def parts_apart(*parts: dict[str, Any], finish: str = "STOP") -> list[dict[str, Any]]:
    return [*[response(part, finish=None) for part in parts[:-1]], response(parts[-1], finish=finish)]


MODEL = "models/gemini-3.5-flash"
BATCH = {"name": "batches/b1", "metadata": {"name": "batches/b1", "state": "BATCH_STATE_PENDING"}}
FINISHED = {
    "name": "batches/b1",
    "metadata": {
        "name": "batches/b1",
        "state": "BATCH_STATE_SUCCEEDED",
        "batchStats": {"successfulRequestCount": "1", "failedRequestCount": "1"},
    },
    "done": True,
    "response": {
        "inlinedResponses": {
            "inlinedResponses": [
                {"metadata": {"key": "second"}, "error": {"code": 3, "message": "no"}},
                {"metadata": {"key": "first"}, "response": response({"text": "One."})},
            ]
        }
    },
}
NEW = {"aNewPart": {"deep": [1]}}
THOUGHT = [
    {"text": "The sky is grey, ", "thought": True},
    {"text": "and so it rains.", "thought": True},
    {"text": "It rains.", "thoughtSignature": SIGNATURE},
]
EXTRA = {
    "calls_without_ids": Recorded(
        response(call("Bern"), call("Rome")), parts_apart(call("Bern"), call("Rome"))
    ),
    "reasoning": Recorded(response(*THOUGHT), parts_apart(*THOUGHT)),
    "text": Recorded(
        response({"text": "It rains in Zürich. ☂ Take an umbrella."}),
        parts_apart(*[{"text": piece} for piece in ("It rains in Zü", "rich. ☂ Take ", "an umbrella.")]),
    ),
    "broken_arguments": Recorded(
        response({"functionCall": {"name": "weather", "args": "Bern"}}),
        parts_apart({"functionCall": {"name": "weather", "args": "Bern"}}),
    ),
    "unknown_event": Recorded(
        None, [response({"text": "Dr"}, finish=None), {"aNewField": {"deep": 1}}, response({"text": "y."})]
    ),
    "unknown_content": Recorded(response(NEW, {"text": "Dry."}), parts_apart(NEW, {"text": "Dry."})),
    "order": Recorded(
        response({"text": "A"}, call("Bern"), {"text": "B"}),
        parts_apart({"text": "A"}, call("Bern"), {"text": "B"}),
        expected={"parts": ["text", "tool_call", "text"], "text": "AB", "calls": [{"arguments": BERN}]},
    ),
    "error_event": Recorded(None, [response({"text": "It rai"}, finish=None), ERROR]),
    "error_body": Recorded(ERROR),
    "rate_limited": Recorded(
        {
            "error": {
                "code": 429,
                "message": "slow down",
                "status": "RESOURCE_EXHAUSTED",
                "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"}],
            }
        },
        status=429,
    ),
    "embeddings": Recorded(
        exchanges=[
            exchange(
                f"/v1beta/{MODEL}:batchEmbedContents",
                {"embeddings": [{"values": [1.0, -0.5]}, {"values": [0.5, 0.25]}]},
            )
        ],
        expected={"vectors": [[1.0, -0.5], [0.5, 0.25]]},
    ),
    "batch": Recorded(
        exchanges=[
            exchange(f"/v1beta/{MODEL}:batchGenerateContent", BATCH),
            exchange("/v1beta/batches/b1", FINISHED, "GET"),
            exchange("/v1beta/batches/b1", FINISHED, "GET"),
        ],
        expected={"results": {"first": "One.", "second": "InvalidRequest"}},
    ),
}
TAPES = TapesOf(
    f"/v1beta/{MODEL}:generateContent",
    GEMINI,
    stream_path=f"/v1beta/{MODEL}:streamGenerateContent?alt=sse",
    more=EXTRA,
    expected={
        "text": {"raw_finish_reason": "STOP", "model": "m", "id": "response-1"},
        "content_filter": {"raw_finish_reason": "SAFETY"},
        "refusal": {"finish_reason": "content_filter"},
        "reasoning": {"sent_back": [SIGNATURE]},
    },
)
