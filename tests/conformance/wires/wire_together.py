"""Together's videos, and its audio in OpenAI's form."""

from __future__ import annotations

from scenarios import Recorded, TapesOf, exchange
from side_tapes import audio_tapes

JOB = {"id": "video-1", "model": "m"}
DONE = {**JOB, "status": "completed", "outputs": {"cost": 1, "video_url": "https://cdn.invalid/a.mp4"}}
FAILED = {**JOB, "status": "failed", "error": {"message": "The prompt is too long."}}
TAPES = TapesOf(
    "/v1/chat/completions",
    more={
        **audio_tapes("/v1/audio"),
        "video": Recorded(
            exchanges=[
                exchange("/v2/videos", {**JOB, "status": "queued"}),
                exchange("/v2/videos/video-1", DONE, "GET"),
                exchange("/v2/videos/video-1", DONE, "GET"),
            ],
            expected={"urls": ["https://cdn.invalid/a.mp4"]},
        ),
        "video_failed": Recorded(
            exchanges=[
                exchange("/v2/videos", {**JOB, "status": "queued"}),
                exchange("/v2/videos/video-1", FAILED, "GET"),
            ],
            expected={},
        ),
    },
)
