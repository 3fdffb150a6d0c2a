"""Claude on Amazon Bedrock: Claude's wire, its events in base64 in those of an AWS event stream."""

from __future__ import annotations

import json
from dataclasses import replace

from chat_core.testing.tape.form import Tape
from scenarios import Frame, Recorded, TapesOf, event_of
from side_tapes import encoded
from wire_claude import TAPES as CLAUDE_TAPES


class TapesInChunks(TapesOf):
    """The tapes of Claude's wire with each event in a chunk."""

    def _tape(self, name: str, recorded: Recorded) -> Tape:
        frames = None if recorded.frames is None else [chunk(frame) for frame in recorded.frames]
        return super()._tape(name, replace(recorded, frames=frames))


def chunk(frame: Frame) -> Frame:
    """Return the event of AWS that has an event of Claude's."""
    return "chunk", json.dumps({"bytes": encoded(event_of(frame).data.encode())})


MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1%3A0"
TAPES = TapesInChunks(
    f"/model/{MODEL}/invoke",
    CLAUDE_TAPES.wire,
    stream_path=f"/model/{MODEL}/invoke-with-response-stream",
    more=CLAUDE_TAPES.more,
    without=frozenset(name for name in CLAUDE_TAPES.more if name.startswith("file_")) | {"batch", "models"},
    expected=CLAUDE_TAPES.expected,
)
