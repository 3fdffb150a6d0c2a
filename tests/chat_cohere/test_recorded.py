"""Recorded streams are never whole when they are cut, at any byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from chat_cohere.stream import CohereStreamDecoder
from chat_core import Event, Messages, Origin, StreamTruncated
from chat_core.transport import bursts_from_bytes, events_from_bursts
from chat_core.wire import CallIds

RECORDINGS = Path(__file__).parents[3] / "shared/recordings"
HERE = Origin("cohere", "https://host", "m")

if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)


def streams() -> Iterator[tuple[str, bytes]]:
    for path in sorted(RECORDINGS.rglob("*.json")):
        if path.name.endswith(".expected.json") or path.parent == RECORDINGS:
            continue
        recording = json.loads(path.read_text("utf-8"))
        for exchange in recording.get("exchanges") or []:
            response = exchange["response"]
            if exchange["wire"] == "cohere" and response.get("stream_format") == "sse":
                yield recording["id"], response["body"].encode()


def events_of(body: bytes) -> list[Event]:
    async def chunks() -> AsyncGenerator[bytes]:
        yield body

    async def collect() -> list[Event]:
        bursts = bursts_from_bytes(chunks(), content_type="text/event-stream", max_bytes=1 << 24)
        return [event async for event in events_from_bursts(bursts)]

    return asyncio.run(collect())


def test_a_recorded_stream_that_is_cut_anywhere_is_never_whole() -> None:
    seen = 0
    for id, body in streams():
        terminal = body.rindex(b"message-end")
        seen += 1
        for cut in range(0, terminal, max(7, terminal // 30)):
            decoder = CohereStreamDecoder(origin=HERE, ids=CallIds(Messages()))
            for event in events_of(body[:cut]):
                list(decoder.feed(event))
            with pytest.raises(StreamTruncated) as caught:
                decoder.finish()
            assert all(call.failed for call in caught.value.partial.tool_calls), id
    assert seen > 0
