"""Images that xAI drew come out of recorded responses, for prompts and options as they were recorded."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from chat_core import File
from chat_xai import XAIBuilder

SHARED = Path(__file__).parents[3] / "shared"

if not (SHARED / "recordings").is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)

pytestmark = pytest.mark.anyio


def recorded() -> list[Any]:
    found = []
    for path in sorted((SHARED / "recordings").glob("xai/*.expected.json")):
        recording = json.loads(path.with_name(path.name.replace(".expected", "")).read_text("utf-8"))
        expected = json.loads(path.read_text("utf-8"))
        for exchange, wanted in zip(recording.get("exchanges") or [], expected["exchanges"], strict=True):
            if exchange["wire"] == "openai-images":
                found.append(pytest.param(recording, exchange, wanted, id=recording["id"]))
    return found


@pytest.mark.parametrize(("recording", "exchange", "wanted"), recorded())
async def test_recorded_images_come_out(recording: Any, exchange: Any, wanted: Any) -> None:
    sys.path.insert(0, str(SHARED / "tools"))
    from replay_server import ReplayServer

    asked = dict(exchange["request"]["json"])
    builder = XAIBuilder().with_model(asked.pop("model")).with_api_key("k")
    with ReplayServer(dict(recording, exchanges=[exchange])) as server:
        async with builder.with_base_url(f"{server.url}/v1").build() as client:
            images = await client.draw(asked.pop("prompt"), options=asked)
        [request] = server.requests

    assert [described(image) for image in images] == [
        {name: value for name, value in file.items() if name != "mimetype"} for file in wanted["files"]
    ]
    assert exchange["request"]["json"].items() <= request["json"].items()
    assert request["path"].endswith("/images/generations")


def described(image: File) -> dict[str, object]:
    if image.data is None:
        return {"uri": image.url}
    return {"size": len(image.data), "sha256": hashlib.sha256(image.data).hexdigest()}
