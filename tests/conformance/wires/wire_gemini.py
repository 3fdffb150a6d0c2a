"""Gemini's wire: what the scripted server has no words for."""

from __future__ import annotations

from typing import Any

from chat_core.testing.loopback.gemini import GEMINI
from chat_core.testing.tape.form import Exchange
from chat_core.transport import Response
from scenarios import BERN, Recorded, TapesOf, exchange, request
from side_tapes import NAME, SIZE, encoded

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
ABOUT = {
    "mimeType": "application/pdf",
    "sizeBytes": str(SIZE),
    "displayName": NAME,
    "createTime": "2026-11-27T08:00:00Z",
    "state": "ACTIVE",
}
DESCRIBED = {"name": "files/one", **ABOUT}
EXPECTED_FILE = {
    "id": "files/one",
    "name": NAME,
    "mimetype": "application/pdf",
    "size": SIZE,
    "state": "ready",
}
UPLOAD = {"x-goog-upload-url": "https://server.invalid/upload/v1beta/files?upload_id=7"}
PATH = "/v1beta/files/canary-file-Xc4"
EXTRA |= {
    "file_upload": Recorded(
        exchanges=[
            Exchange(request("/upload/v1beta/files"), Response(200, UPLOAD, b"")),
            exchange("/upload/v1beta/files?upload_id=7", {"file": DESCRIBED}),
        ],
        expected={"file": EXPECTED_FILE},
    ),
    "file_get": Recorded(exchanges=[exchange(PATH, DESCRIBED, "GET")], expected={"file": EXPECTED_FILE}),
    "file_processing": Recorded(
        exchanges=[
            exchange(PATH, {**DESCRIBED, "state": "PROCESSING"}, "GET"),
            exchange(PATH, DESCRIBED, "GET"),
        ],
        expected={},
    ),
    "file_list": Recorded(
        exchanges=[
            exchange("/v1beta/files", {"files": [DESCRIBED], "nextPageToken": "more"}, "GET"),
            exchange("/v1beta/files", {"files": [{"name": "files/two", **ABOUT}]}, "GET"),
        ],
        expected={"ids": ["files/one", "files/two"]},
    ),
    "file_download": Recorded(
        exchanges=[exchange(f"{PATH}:download?alt=media", b"\x00\xffcanary", "GET", "video/mp4")],
        expected={"base64": encoded(b"\x00\xffcanary")},
    ),
    "file_delete": Recorded(exchanges=[exchange(PATH, {}, "DELETE")], expected={}),
    "token_count": Recorded(
        exchanges=[exchange(f"/v1beta/{MODEL}:countTokens", {"totalTokens": 31})], expected={"tokens": 31}
    ),
    "models": Recorded(
        exchanges=[
            exchange("/v1beta/models", {"models": [{"name": MODEL}], "nextPageToken": "more"}, "GET"),
            exchange("/v1beta/models", {"models": [{"name": "models/other"}]}, "GET"),
        ],
        expected={"ids": ["gemini-3.5-flash", "other"]},
    ),
    "transcription": Recorded(
        response({"text": "Hello from Zürich."}),
        parts_apart({"text": "Hello"}, {"text": " from Zürich."}),
        expected={"text": "Hello from Zürich.", "usage": {"input_tokens": 20, "output_tokens": 9}},
    ),
    "decisions": Recorded(
        exchanges=[
            exchange(
                "/v1beta/decisions",
                {
                    "answers": {
                        "spam": {"type": "noul", "noul": 0.25},
                        "topic": {
                            "type": "choice",
                            "choice": "canary-billing",
                            "confidence": 0.75,
                            "probabilities": {"canary-billing": 0.75, "canary-other": 0.25},
                        },
                        "urgency": {
                            "type": "score",
                            "score": 1.5,
                            "confidence": 0.5,
                            "probabilities": {"1": 0.5, "2": 0.5},
                        },
                    },
                    "usage": {"total_input_tokens": 30, "total_output_tokens": 3, "total_tokens": 33},
                },
            )
        ],
        expected={
            "answers": {"spam": 0.25, "topic": "canary-billing", "urgency": 1.5},
            "usage": {"input_tokens": 30, "output_tokens": 3},
        },
    ),
}
SAMPLES = bytes(range(60))
SAMPLE_PARTS = [
    {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": encoded(data)}}
    for data in (SAMPLES[:30], SAMPLES[30:])
]
WAV_HEADER = (
    b"RIFF\x60\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
    b"\xc0]\x00\x00\x80\xbb\x00\x00\x02\x00\x10\x00data<\x00\x00\x00"
)
EXTRA["speech"] = Recorded(
    response(*SAMPLE_PARTS),
    parts_apart(*SAMPLE_PARTS),
    expected={
        "base64": encoded(WAV_HEADER + SAMPLES),
        "mimetype": "audio/wav",
        "usage": {"input_tokens": 20, "output_tokens": 9},
    },
)
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
