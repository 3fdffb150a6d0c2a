"""Mistral's batches, which go in the body."""

from __future__ import annotations

import json

from scenarios import Recorded, TapesOf, exchange
from wire_openai import ANSWER_OF_COMPLETIONS

JOB = {"id": "job-1", "object": "batch", "model": "m"}
FINISHED = {**JOB, "status": "SUCCESS", "succeeded_requests": 1, "failed_requests": 1}
OUTPUTS = [
    {"custom_id": "second", "response": {"status_code": 400, "body": {"message": "no"}}},
    {"custom_id": "first", "response": {"status_code": 200, "body": json.loads(ANSWER_OF_COMPLETIONS)}},
]
TAPES = TapesOf(
    "/v1/chat/completions",
    more={
        "batch": Recorded(
            exchanges=[
                exchange("/v1/batch/jobs", {**JOB, "status": "QUEUED"}),
                exchange("/v1/batch/jobs/job-1", FINISHED, "GET"),
                exchange("/v1/batch/jobs/job-1?inline=true", {**FINISHED, "outputs": OUTPUTS}, "GET"),
            ],
            expected={"results": {"first": "One.", "second": "InvalidRequest"}},
        )
    },
)
