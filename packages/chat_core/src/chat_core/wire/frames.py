"""Reading the events of a stream as JSON objects: whole ones, one that a cut has left unfinished, and
`[DONE]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chat_core.types.errors import InvalidResponse, StreamTruncated
from chat_core.types.json_values import JsonObject, as_list
from chat_core.types.response import ChatResponse
from chat_core.wire.frame_shape import Append, FrameShape
from chat_core.wire.read import check_depth, json_parser, parse_object, read_object
from chat_core.wire.tool_calls import mark_truncated

if TYPE_CHECKING:
    from chat_core.transport import Event


class FrameReader:
    """Reads the frames of one stream. It does no I/O and keeps no frame.

    `shape` reads the text of events that are like those before them, without their frames.

    An event that is the beginning of a JSON document may have been cut by the end of the bytes. It is kept in
    `cut` and yields nothing; if another event follows, it was no cut, and `cut` is raised.

    state      | event                    | what happens
    -----------|--------------------------|---------------------------------------------
    reading    | a JSON object            | it is returned
    reading    | `[DONE]`                 | `done` is set, nothing is returned
    reading    | white space              | nothing is returned
    reading    | the beginning of JSON    | kept in `cut`, nothing is returned
    reading    | anything else            | `InvalidResponse`, which quotes it
    cut        | any event                | the `InvalidResponse` of the event that was kept
    """

    def __init__(self, what: str, shape: FrameShape | None = None) -> None:
        """`what` names one frame in error messages, with its article: "a completion chunk".

        `shape` is what is known of the fields of its events, by default nothing.
        """
        self.shape: FrameShape = shape or FrameShape()
        self.cut: InvalidResponse | None = None
        self.done: bool = False
        self._what = what
        self._parser = json_parser()
        self._last = ""
        self._first_half = ""

    def read(self, event: Event) -> JsonObject | None:
        """Return the frame of an event, or None where it holds none. Raises `InvalidResponse`."""
        frame = self.parse(event)
        if frame is not None:
            self.check_depth(frame)
        return frame

    def parse(self, event: Event) -> JsonObject | None:
        """Do what `read` does, whatever the depth: for a frame of which only a text is kept."""
        self._pause()
        data = event.data
        odd = data[:1] != "{" or self.cut is not None or self._first_half
        if odd or ("\\" in data and _may_hold_half(data)):
            following = self._next(event)
            if following is None:
                return None
            data = following
        self._last = data
        try:
            frame = self._parser(data)
        except ValueError:
            frame = None
        return frame if isinstance(frame, dict) else self._parse_again(data)

    def learn(self, event: Event, text: str, append: Append, number: int | None = None) -> None:
        """Tell `shape` of an event that was parsed, and of which nothing counted but `text`."""
        if not self._first_half:  # it belongs to the next event
            self.shape.learn(event, text, append, number)

    def _pause(self) -> None:
        shape = self.shape
        if shape.last:
            self._last = shape.last
        shape.pause()

    def _parse_again(self, data: str) -> JsonObject | None:
        try:
            return parse_object(data, self._what)
        except InvalidResponse as exc:
            self._keep_cut(data, exc)
            return None

    def check_depth(self, frame: JsonObject) -> None:
        """Raise `InvalidResponse` where the frame that was parsed last is too deep to be kept."""
        check_depth(frame, self._last, self._what)

    def read_all(self, event: Event) -> Sequence[JsonObject]:
        """Return all frames of an event: of one object, of an array of objects, or of lines of objects.

        Servers that stream a JSON array or JSON lines under another content type send them as one document.
        """
        self._pause()
        data = self._next(event)
        if data is None:
            return ()
        try:
            if data.lstrip()[:1] == "[":
                frames = as_list(read_object(f'{{"frames":{data}}}', self._what)["frames"])
                return [frame for frame in frames if isinstance(frame, dict)]
            return (read_object(data, self._what),)
        except InvalidResponse as exc:
            if is_beginning(data):
                self.cut = exc
                return ()
            if "\n" not in data.strip():
                raise
            return self._lines(data, exc)

    def continue_elsewhere(self) -> None:
        """Forget a cut: the stream goes on over another connection, from its last whole event."""
        self._pause()
        self.cut = None

    def truncated(self, missing: str, partial: ChatResponse) -> StreamTruncated:
        """Return the error of a stream that ended before `missing`.

        It quotes the last event; no call runs.
        """
        data = self.shape.last or self._last
        last = f"; the last event was {data[:300]!r}" if data else ""
        error = StreamTruncated(f"the stream ended before {missing}{last}", partial=mark_truncated(partial))
        error.__cause__ = self.cut
        return error

    def quote_last(self) -> str:
        """Return the beginning of the last event's data, for error messages."""
        return repr((self.shape.last or self._last)[:300])

    def _next(self, event: Event) -> str | None:
        if self.cut is not None:
            raise self.cut  # more has come, so the bytes did not end there
        data = event.data
        if data.startswith("[DONE]"):
            self.done = True
            return None
        if data.isspace():  # some gateways keep a connection alive with it
            return None
        if _may_hold_half(data) or (self._first_half and "\\u" in data):
            data = self._join_halves(data)
        self._last = data
        return data

    def _keep_cut(self, data: str, exc: InvalidResponse) -> None:
        if not is_beginning(data):
            raise exc
        self.cut = exc

    def _lines(self, data: str, exc: InvalidResponse) -> list[JsonObject]:
        lines = [line for line in data.split("\n") if line.strip()]
        frames: list[JsonObject] = []
        for line in lines:
            if self.cut is not None:
                raise exc
            try:
                frames.append(read_object(line, self._what))
            except InvalidResponse as cut:
                self._keep_cut(line, cut)
        return frames

    def _join_halves(self, data: str) -> str:
        """Return the data with a character whole that the server has cut into two events.

        Some servers cut their text between the two halves of a surrogate pair: the character is put into the
        second event.
        """
        if self._first_half:
            data = _SECOND_HALF.sub(lambda found: f'"{self._first_half}{found[1]}', data, count=1)
        found = _FIRST_HALF.search(data)
        self._first_half = found[2] if found else ""
        return _FIRST_HALF.sub(r'\1"', data, count=1)


def _may_hold_half(data: str) -> bool:
    """Return whether there is an escape of half a surrogate pair."""
    return "\\ud" in data or "\\uD" in data


_FIRST_HALF = re.compile(r'(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2})"')
_SECOND_HALF = re.compile(r'(?<!\\)"(\\u[dD][c-fC-F][0-9a-fA-F]{2})')


def is_beginning(data: str) -> bool:
    """Return whether more text could make `data` a JSON document or `[DONE]`: it is what a cut leaves."""
    if "[DONE]".startswith(data):
        return True
    try:
        json.JSONDecoder().raw_decode(data.lstrip())
    except ValueError:
        return _begins_json(data)
    except RecursionError:
        pass
    return False  # it is whole, and something follows


def _begins_json(data: str) -> bool:
    from pydantic_core import from_json

    try:
        from_json(data, allow_partial="trailing-strings")
    except ValueError:
        return False
    return True
