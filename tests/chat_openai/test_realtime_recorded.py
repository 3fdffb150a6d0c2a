"""Recorded sessions, cut after every frame and closed: the responses that had ended, then an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chat_core import ChatBuilder, Done, StreamTruncated
from chat_core.testing import FakeSocket
from chat_openai.realtime import AZURE, VOICE_LIVE, XAI, Dialect
from realtime_server import client

RECORDINGS = Path(__file__).parents[3] / "shared/recordings"

if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)

pytestmark = pytest.mark.anyio
FOUND = [
    path
    for folder in ("azure", "openai", "xai")
    for path in sorted((RECORDINGS / folder).glob("*ws*.json"))
    if ".expected" not in path.name and '"openai-realtime"' in path.read_text()[:3000]
]


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem[-30:])
async def test_a_session_that_is_cut_after_any_frame_gives_what_had_ended_and_then_an_error(
    path: Path,
) -> None:
    frames = _received(path)
    ready = next(at for at, frame in enumerate(frames) if frame["type"] == "session.updated")
    codes = (1000, 1001, 1007, 1011)
    for cut in range(1, len(frames) + 1):
        whole = sum(frame["type"] == "response.done" for frame in frames[:cut])
        socket = FakeSocket().push(*frames[:cut]).close(codes[cut % 4])
        assert await _responses(socket, _dialect(path, frames)) == (whole if cut > ready else 0)


def _received(path: Path) -> list[dict[str, Any]]:
    return [frame["json"] for frame in json.loads(path.read_text())["frames"] if frame["dir"] == "received"]


async def _responses(socket: FakeSocket, dialect: Dialect) -> int:
    """The number of responses before the error that ends the session."""
    ended: list[Done] = []
    with pytest.raises(StreamTruncated) as caught:
        await _play(socket, dialect, ended)
    assert caught.value.partial.message.interrupted
    return len(ended)


async def _play(socket: FakeSocket, dialect: Dialect, ended: list[Done]) -> None:
    async with ChatBuilder().with_model(client(socket, dialect=dialect)).build().session() as session:
        async for event in session:
            ended += [event] if isinstance(event, Done) else []


def _dialect(path: Path, frames: list[dict[str, Any]]) -> Dialect:
    if path.parent.name == "xai":
        return XAI
    return VOICE_LIVE if "modalities" in frames[0]["session"] else AZURE
