"""Mistral's batches, which go in the body."""

from __future__ import annotations

import json

from scenarios import Recorded, TapesOf, exchange
from side_tapes import SOUND, USAGE, WORDS, audio_tapes, described, encoded, file_tapes
from wire_openai import ANSWER_OF_COMPLETIONS

JOB = {"id": "job-1", "object": "batch", "model": "m"}
FINISHED = {**JOB, "status": "SUCCESS", "succeeded_requests": 1, "failed_requests": 1}
OUTPUTS = [
    {"custom_id": "second", "response": {"status_code": 400, "body": {"message": "no"}}},
    {"custom_id": "first", "response": {"status_code": 200, "body": json.loads(ANSWER_OF_COMPLETIONS)}},
]
PAGES = [
    {"object": "list", "data": [described(id, purpose="ocr")], "total": 150}
    for id in ("file-one", "file-two")
]
HEARD = [
    *[{"type": "transcription.text.delta", "text": word} for word in WORDS],
    {"type": "transcription.done", "text": "".join(WORDS), "usage": USAGE},
]
SPOKEN = [
    {"type": "speech.audio.delta", "audio_data": encoded(SOUND[:20])},
    {"type": "speech.audio.delta", "audio_data": encoded(SOUND[20:])},
    {"type": "speech.audio.done", "usage": USAGE},
]
TAPES = TapesOf(
    "/v1/chat/completions",
    more={
        **file_tapes("/v1/files", *PAGES, purpose="ocr"),
        **audio_tapes("/v1/audio", HEARD, SPOKEN),
        "batch": Recorded(
            exchanges=[
                exchange("/v1/batch/jobs", {**JOB, "status": "QUEUED"}),
                exchange("/v1/batch/jobs/job-1", FINISHED, "GET"),
                exchange("/v1/batch/jobs/job-1?inline=true", {**FINISHED, "outputs": OUTPUTS}, "GET"),
            ],
            expected={"results": {"first": "One.", "second": "InvalidRequest"}},
        ),
    },
)
