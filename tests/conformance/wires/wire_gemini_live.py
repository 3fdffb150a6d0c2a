"""The wire of Gemini's Live API, with a model that writes."""

from __future__ import annotations

from typing import Any

from chat_core.testing.tape.form import Burst, Exchange
from chat_core.transport import Response
from scenarios import Recorded, TapesOf, event_of, request

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
SETUP_COMPLETE: dict[str, Any] = {"setupComplete": {}}
CALL = {"toolCall": {"functionCalls": [{"id": "call-one", "name": "weather", "args": {"city": "Bern"}}]}}


def words(*pieces: str) -> list[dict[str, Any]]:
    usage = {"promptTokenCount": 10, "responseTokenCount": 5, "totalTokenCount": 15}
    return [
        *[{"serverContent": {"modelTurn": {"parts": [{"text": piece}]}}} for piece in pieces],
        {"serverContent": {"generationComplete": True}},
        {"serverContent": {"turnComplete": True}, "usageMetadata": usage},
    ]


def session(frames: list[dict[str, Any]]) -> Exchange:
    bursts = [Burst(0.0, (event_of(frame),)) for frame in frames]
    return Exchange(request(PATH, "GET"), Response(101, {}, b""), bursts=bursts)


EXPECTED = {
    "text": "It rains.",
    "finish_reason": "stop",
    "usage": {"input_tokens": 10, "output_tokens": 5},
}
TAPES = TapesOf(
    PATH,
    more={
        "realtime": Recorded(
            exchanges=[session([SETUP_COMPLETE, *words("It ", "rains.")])],
            expected={
                "text": "It rains.",
                "finish_reason": "stop",
                "usage": {"input_tokens": 10, "output_tokens": 5},
            },
        ),
        "realtime_tool": Recorded(
            exchanges=[session([SETUP_COMPLETE, CALL]), session(words("It ", "rains."))]
        ),
    },
)
