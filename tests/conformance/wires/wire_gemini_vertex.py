"""What Vertex has of Gemini and the Gemini API has not: videos, as long-running predictions."""

from __future__ import annotations

from scenarios import Recorded, TapesOf, exchange
from side_tapes import encoded

PATH = "/v1beta1/projects/p/locations/global/publishers/google/models/veo-3.1-generate-001"
OPERATION = {"name": f"{PATH[9:]}/operations/op-1"}
MOVIE = b"\0\0\0\x18ftypmp42"
DONE = {
    **OPERATION,
    "done": True,
    "response": {"videos": [{"mimeType": "video/mp4", "bytesBase64Encoded": encoded(MOVIE)}]},
}
FAILED = {**OPERATION, "done": True, "error": {"code": 3, "message": "The prompt is too long."}}
TAPES = TapesOf(
    f"{PATH}:generateContent",
    more={
        "video": Recorded(
            exchanges=[
                exchange(f"{PATH}:predictLongRunning", OPERATION),
                exchange(f"{PATH}:fetchPredictOperation", DONE),
                exchange(f"{PATH}:fetchPredictOperation", DONE),
            ],
            expected={"base64": [encoded(MOVIE)]},
        ),
        "video_failed": Recorded(
            exchanges=[
                exchange(f"{PATH}:predictLongRunning", OPERATION),
                exchange(f"{PATH}:fetchPredictOperation", FAILED),
            ],
            expected={},
        ),
    },
)
