"""Claude on Bedrock, by InvokeModel: each recorded exchange comes out right, however it is sliced, and
never when it is cut.

The wire is Claude's, in AWS's framing; `check_recordings.py` knows it by another name and leaves it out.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from chat_core import ChatError

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared"
WIRE = "bedrock-invoke"
KINDS = ("message", "error", "stream-error")

if not (SHARED / "recordings").is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)


def recorded() -> list[Any]:
    found = []
    for path in sorted((SHARED / "recordings").glob("*/*.expected.json")):
        text = path.read_text("utf-8")
        if f'"{WIRE}"' not in text:
            continue
        recording = json.loads(path.with_name(path.name.replace(".expected", "")).read_text("utf-8"))
        pairs = zip(recording["exchanges"], json.loads(text)["exchanges"], strict=True)
        for index, (exchange, wanted) in enumerate(pairs):
            held = not (wanted.get("ambiguous") or wanted.get("partial_oracle"))
            is_claude = "claude" in exchange["request"]["url"]
            if exchange["wire"] == WIRE and is_claude and held and wanted["kind"] in KINDS:
                found.append(pytest.param(recording, exchange, wanted, id=f"{recording['id']}-{index}"))
    return found


@pytest.mark.parametrize(("recording", "exchange", "wanted"), recorded())
def test_a_recorded_exchange_comes_out_as_expected(recording: Any, exchange: Any, wanted: Any) -> None:
    sys.path[:0] = [str(SHARED / "tools"), str(HERE)]
    import check_recordings
    from players import claude, neutral

    async def drive(exchange: dict, base_url: str, *, stream: bool) -> dict | None:
        try:
            return await claude.bedrock(exchange, base_url, stream=stream)
        except ChatError as error:
            return neutral.failure(error)

    as_claude = dict(exchange, wire="claude-messages")  # whose counts of tokens leave out what was cached
    streamed = bool(exchange["response"].get("is_stream"))
    for slices in ("event", [1], "whole") if streamed else ("whole",):
        got = asyncio.run(check_recordings.play(drive, recording, exchange, {"slices": slices}, streamed))
        assert check_recordings.differences(wanted, got, as_claude) == []
    if streamed and wanted["kind"] == "message":
        size = len(check_recordings.W.body_bytes(exchange["response"]))
        for cut in (1, size // 3, size // 2):
            options = {"slices": "event", "cut_after": cut}
            got = asyncio.run(check_recordings.play(drive, recording, exchange, options, True))
            assert (got["kind"], got["truncated"]) == ("error", True)
