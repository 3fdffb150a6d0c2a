"""What OpenAI has beside the Responses wire: embeddings, and batches over files."""

from __future__ import annotations

from typing import Any

from chat_core.testing.tape.form import Burst, Exchange
from chat_core.transport import Response
from scenarios import Recorded, TapesOf, event_of, exchange, request
from side_tapes import SOUND, USAGE, WORDS, audio_tapes, encoded, file_tapes, two_pages
from wire_chat_completions import EXTRA

BATCH = {"id": "batch_1", "object": "batch", "endpoint": "/v1/responses", "input_file_id": "file-in"}
COUNTS = {"total": 2, "completed": 1, "failed": 1}


def results(body: str) -> bytes:
    return (
        '{"id":"r2","custom_id":"second","response":{"status_code":400,"body":{"error":{"message":"no"}}}}\n'
        f'{{"id":"r1","custom_id":"first","response":{{"status_code":200,"body":{body}}},"error":null}}\n'
    ).encode()


def batch_exchanges(body: str) -> list[Any]:
    """Return the exchanges of a batch over files, as OpenAI has them."""
    return [
        exchange("/v1/files", {"id": "file-in", "object": "file", "purpose": "batch"}),
        exchange("/v1/batches", {**BATCH, "status": "validating"}),
        exchange(
            "/v1/batches/batch_1",
            {**BATCH, "status": "completed", "output_file_id": "file-out", "request_counts": COUNTS},
            "GET",
        ),
        exchange("/v1/files/file-out/content", results(body), "GET", "application/octet-stream"),
    ]


ANSWER = (
    '{"id":"resp_1","object":"response","status":"completed","model":"m","output":[{"type":"message",'
    '"id":"m1","role":"assistant","content":[{"type":"output_text","text":"One.","annotations":[]}]}]}'
)
ANSWER_OF_COMPLETIONS = (
    '{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop",'
    '"message":{"role":"assistant","content":"One."}}]}'
)


def session(*frames: dict[str, Any]) -> list[Any]:
    """Return what a realtime server sends, from the start of a session on."""
    settings = {"model": "gpt-realtime-2"}
    begun = [{"type": f"session.{word}", "session": settings} for word in ("created", "updated")]
    return [*begun, *frames]


def streamed(frames: list[Any]) -> Exchange:
    """Return an exchange with these frames."""
    bursts = [Burst(0.0, (event_of(frame),)) for frame in frames]
    return Exchange(request("/v1/realtime", "GET"), Response(101, {}, b""), bursts=bursts)


def begun(id: str) -> dict[str, Any]:
    return {"type": "response.created", "response": {"id": id, "status": "in_progress"}}


def done(id: str, item: dict[str, Any]) -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    response = {"id": id, "status": "completed", "output": [item], "usage": usage}
    return {"type": "response.done", "response": response}


def words(id: str, *pieces: str) -> list[dict[str, Any]]:
    about = {"type": "response.output_text.delta", "response_id": id, "item_id": f"i_{id}"}
    content = [{"type": "output_text", "text": "".join(pieces)}]
    item = {"type": "message", "id": f"i_{id}", "role": "assistant", "content": content}
    return [begun(id), *[{**about, "delta": piece} for piece in pieces], done(id, item)]


CALL = {"type": "function_call", "id": "i_1", "call_id": "call_one", "name": "weather"}
CALL |= {"arguments": '{"city": "Bern"}'}
HEARD = [
    *[{"type": "transcript.text.delta", "delta": word} for word in WORDS],
    {"type": "transcript.text.done", "text": "".join(WORDS), "usage": USAGE},
]
SPOKEN = [
    {"type": "speech.audio.delta", "audio": encoded(SOUND[:20])},
    {"type": "speech.audio.delta", "audio": encoded(SOUND[20:])},
    {"type": "speech.audio.done", "usage": USAGE},
]
DECIDED = {
    "model": "m",
    "usage": {"input_tokens": 30, "output_tokens": 3, "total_tokens": 33},
    "answers": [
        {"type": "predicate", "name": "spam", "probability": 0.25},
        {
            "type": "choice",
            "name": "topic",
            "choice": "canary-billing",
            "confidence": 0.9,
            "probabilities": [
                {"value": "canary-billing", "probability": 0.75},
                {"value": "canary-other", "probability": 0.25},
            ],
        },
        {
            "type": "score",
            "name": "urgency",
            "score": 1.5,
            "confidence": 0.6,
            "probabilities": [
                {"label": "canary-later", "value": 0, "probability": 0.0},
                {"label": "canary-today", "value": 1, "probability": 0.5},
                {"label": "canary-now", "value": 2, "probability": 0.5},
            ],
        },
    ],
}
TAPES = TapesOf(
    "/v1/responses",
    more={
        **file_tapes("/v1/files", *two_pages(purpose="user_data"), purpose="user_data"),
        **audio_tapes("/v1/audio", HEARD, SPOKEN),
        "decisions": Recorded(
            exchanges=[exchange("/v1/decisions", DECIDED)],
            expected={
                "answers": {"spam": 0.25, "topic": "canary-billing", "urgency": 1.5},
                "usage": {"input_tokens": 30, "output_tokens": 3},
            },
        ),
        "embeddings": EXTRA["embeddings"],
        "realtime": Recorded(
            None,
            session(*words("r1", "It ", "rains.")),
            expected={"text": "It rains.", "finish_reason": "stop", "id": "r1"},
        ),
        "realtime_tool": Recorded(
            None,
            words("r2", "It ", "rains."),
            exchanges=[streamed(session(begun("r1"), done("r1", CALL)))],
        ),
        "batch": Recorded(
            exchanges=batch_exchanges(ANSWER),
            expected={"results": {"first": "One.", "second": "InvalidRequest"}},
        ),
    },
)
