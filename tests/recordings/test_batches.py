"""Every recorded batch is played to its end, over a real socket: submitted, polled, and read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from chat_core import Answered

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared"
if not (SHARED / "recordings").is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)
sys.path[:0] = [str(SHARED / "tools"), str(HERE)]

import drive  # noqa: E402  the path of this folder is set first
from players import batches  # noqa: E402
from replay_server import ReplayServer  # noqa: E402

pytestmark = pytest.mark.anyio
RECORDINGS = {
    path.stem: path
    for path in sorted((SHARED / "recordings").glob("*/*.json"))
    if not path.stem.endswith(".expected") and '"wire": "batches"' in path.read_text()[:3000]
}


@pytest.mark.parametrize("name", RECORDINGS)
async def test_each_exchange_of_a_batch_is_read(name: str) -> None:
    recording = json.loads(RECORDINGS[name].read_text())
    for exchange in recording["exchanges"]:
        if exchange["wire"] != "batches":
            continue
        alone = dict(recording, exchanges=[exchange])
        if exchange["provider"] == "openai" and exchange["request"]["method"] == "POST":
            continue  # a file is uploaded before it: the next test has both
        with ReplayServer(alone, loop=True) as server:
            played = await drive.drive(exchange, server.url, stream=False)
        assert played is not None
        assert played["kind"] in ("json", "other"), played


@pytest.mark.parametrize("name", RECORDINGS)
async def test_a_recorded_batch_goes_from_its_requests_to_its_answers(name: str) -> None:
    recording = json.loads(RECORDINGS[name].read_text())
    provider = recording["provider"]
    asked = {"0": "What is 2 + 2? Just the number.", "1": "Name the largest planet. One word."}
    with ReplayServer(recording, match="auto") as server:
        client = batches.client_of(provider, server.url)
        async with client:
            job = await client.batches.submit(asked)
            assert job.counts.total == 2
            if len(recording["exchanges"]) == 1:  # what followed was not recorded
                assert job.state == "running"
                return
            left = sum(exchange["request"]["method"] == "GET" for exchange in recording["exchanges"])
            for _ in range(left):
                if job.finished:
                    break
                job = await client.batches.status(job)
            assert job.state == "done"
            items = await batches.items_of(client, job)
        sent = server.requests[0]
    first, second = items["0"], items["1"]
    assert isinstance(first, Answered)
    assert isinstance(second, Answered)
    assert "4" in first.response.text
    assert "Jupiter" in second.response.text
    assert (job.counts.succeeded, job.counts.failed, job.counts.running) == (2, 0, 0)
    assert sent["method"] == "POST"
