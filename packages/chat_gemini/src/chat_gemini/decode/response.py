"""From the body of a whole response to the frames in it."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import Event, InvalidResponse, JsonObject
from chat_core.types.json_values import as_object
from chat_core.wire import FrameReader
from chat_core.wire.read import check_depth, json_parser

from chat_gemini.decode.characters import with_whole_characters
from chat_gemini.decode.errors import check_frame
from chat_gemini.decode.turn import TurnAssembler


def decode(body: bytes, turn: TurnAssembler) -> JsonObject:
    """Put a whole response into `turn`, and return its last frame.

    Raises `ProviderError` for an error under status 200, `InvalidResponse` for what is no response.
    """
    frames = read_frames(body, "a Gemini response")
    for frame in frames:
        turn.add(frame)
    if not frames or not turn.has_anything:
        raise InvalidResponse(
            f"a Gemini response without candidates: {body[:300].decode('utf-8', 'replace')}"
        )
    return frames[-1]


def read_frames(body: bytes, what: str) -> Sequence[JsonObject]:
    """Return the frames of a whole body: one, or an array of them from servers that send no events.

    They are read as those of a stream are. Raises `InvalidResponse`, and the error that a frame describes.
    """
    if (only := _only_frame(body, what)) is not None:
        return (only,)
    reader = FrameReader(what)
    document = with_whole_characters(body.decode("utf-8", "replace"))
    frames = [unwrapped(frame) for frame in reader.read_all(Event("body", document))]
    if reader.cut is not None:
        raise reader.cut
    for frame in frames:
        check_frame(frame)
    return frames


def _only_frame(body: bytes, what: str) -> JsonObject | None:
    """Return the frame of a body that is one whole object, as nearly all are; None where it needs a closer
    look. Raises the error that it describes.
    """
    if not body.startswith(b"{"):
        return None
    try:
        frame = json_parser()(body)  # which refuses half a character
        if not isinstance(frame, dict):
            return None
        check_depth(frame, body, what)
    except (ValueError, InvalidResponse):
        return None
    frame = unwrapped(frame)
    check_frame(frame)
    return frame


def unwrapped(frame: JsonObject) -> JsonObject:
    """Return the frame itself. Google's Code Assist puts it in an envelope: `{"response": {…}}`."""
    if "candidates" in frame or "response" not in frame:
        return frame
    inner = as_object(frame["response"])
    return inner if "candidates" in inner else frame
