"""A replayed tape that knows what is open, and how far the client has read."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import cast

from chat_core.testing.tape.faults import Fault, Piece, Playback
from chat_core.testing.tape.form import Exchange, Tape
from chat_core.testing.tape.replay import ReplayTransport
from chat_core.transport import EventStream, Request
from chat_core.types.json_values import JsonObject, JsonValue, as_object


class OneEventEach:
    """A fault that is none: each event arrives alone."""

    def apply(self, playback: Playback) -> Playback:
        """Return the playback with a piece for each event."""
        pieces = tuple(Piece(0.0, (block,)) for piece in playback.pieces for block in piece.blocks)
        return Playback(
            playback.status, playback.headers, pieces, playback.ending, playback.error, playback.before
        )


class WatchedTransport(ReplayTransport):
    """Plays exchanges in order, whatever is sent.

    `open_streams` counts the streams that the client has not left, and `pieces_given` the pieces of bytes
    that it has read. `requests` is what it sent; a request without an exchange raises.
    """

    def __init__(self, exchanges: Sequence[Exchange], *faults: Fault | OneEventEach) -> None:
        super().__init__(Tape(list(exchanges)), *cast("tuple[Fault, ...]", faults), match="order")
        self.open_streams: int = 0
        self.pieces_given: int = 0

    @property
    def bodies(self) -> list[JsonObject]:
        """The JSON bodies of the requests that have one, in order."""
        found = [_parsed(request.body) for request in self.requests if request.body]
        return [body for body in found if body]

    @property
    def last_body(self) -> JsonObject:
        """The JSON body of the last request that has one; empty without any."""
        return self.bodies[-1] if self.bodies else {}

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Give the next response, and note that it is open until it is left."""
        self.open_streams += 1
        try:
            async with super().stream(request) as stream:
                yield stream
        finally:
            self.open_streams -= 1

    async def _chunks(self, playback: Playback) -> AsyncGenerator[bytes]:
        async with aclosing(super()._chunks(playback)) as chunks:
            async for chunk in chunks:
                self.pieces_given += 1
                yield chunk


def _parsed(body: bytes) -> JsonObject:
    try:
        return as_object(cast("JsonValue", json.loads(body)))
    except ValueError:
        return {}
