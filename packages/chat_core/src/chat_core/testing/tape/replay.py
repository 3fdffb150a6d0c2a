"""`ReplayTransport`: responses from a tape, without a network."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import anyio

from chat_core.testing.tape.faults import Fault, Piece, Playback
from chat_core.testing.tape.form import Exchange, Tape, sse_block
from chat_core.testing.tape.redaction import Redaction
from chat_core.transport import Event, EventStream, Request, Response
from chat_core.transport.sse import bursts_from_bytes
from chat_core.types.errors import ChatError, ConnectionFailed, InvalidResponse
from chat_core.types.json_values import JsonValue
from chat_core.types.short_repr import Shown, Values

_MAX_BYTES = 1 << 30


class TapeMismatch(AssertionError):
    """A request that the tape has no response for: the message shows how it differs from the recorded one."""


class ReplayTransport(Shown):
    """Plays a tape: each request gets the response to the first exchange like it that has not played yet.

    `tape` is one, or its path. Requests are alike where method, path and body are; with `match="order"` each
    takes the next exchange, whatever it says. Secrets are compared as a tape has them, and hosts are not
    compared. `faults` change every response, in the order given. With `speed` pauses are kept, divided by it;
    without, everything arrives at once. Raises `TapeMismatch` for a request that nothing was recorded for,
    and `ConfigurationError` for what is no tape.
    """

    def __init__(
        self,
        tape: Tape | Path | str,
        *faults: Fault,
        match: Literal["request", "order"] = "request",
        speed: float | None = None,
    ) -> None:
        self.tape: Tape = tape if isinstance(tape, Tape) else Tape.load(tape)
        self.requests: list[Request] = []
        self._faults = faults
        self._match = match
        self._speed = speed
        self._redaction = Redaction()
        self._waiting = list(self.tape.exchanges)

    def _shown(self) -> Values:
        yield "exchanges", len(self.tape.exchanges)
        yield "unplayed", len(self._waiting)
        if self._faults:
            yield "faults", list(self._faults)

    @property
    def unplayed(self) -> list[Exchange]:
        """The exchanges that no request has matched yet."""
        return list(self._waiting)

    async def send(self, request: Request, /) -> Response:
        """Return the recorded response, whole. Raises the recorded error where there was one."""
        async with self.stream(request) as stream:
            return Response(stream.status, stream.headers, await stream.read())

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Give the recorded response as it arrived, or otherwise where there are faults.

        Raises `TapeMismatch` for a request that is not next on the tape, and `ConnectionFailed` where the
        tape has it so.
        """
        exchange = self._take(request)
        playback = _playback(exchange)
        for fault in self._faults:
            playback = fault.apply(playback)
        await self._pause(playback.before)
        if playback.status == 0 or (not playback.pieces and playback.ending != "end"):
            await _end(playback)
        async with aclosing(self._chunks(playback)) as chunks:
            reads_as = request.reads_as if exchange.bursts is None else None
            yield _Replayed(playback, chunks, reads_as)

    async def aclose(self) -> None:
        """Nothing is open."""

    def _take(self, request: Request) -> Exchange:
        self.requests.append(request)
        if not self._waiting:
            count = len(self.tape.exchanges)
            raise TapeMismatch(f"the tape has ended: this is request {len(self.requests)} of {count}")
        if self._match == "order":
            return self._waiting.pop(0)
        wanted = self._redaction.request(request)
        for exchange in self._waiting:
            if _alike(wanted, exchange.request):
                self._waiting.remove(exchange)
                return exchange
        raise TapeMismatch(_difference(wanted, self._waiting[0].request))

    async def _chunks(self, playback: Playback) -> AsyncGenerator[bytes]:
        for piece in playback.pieces:
            await self._pause(piece.after)
            yield b"".join(piece.blocks)
        if playback.ending != "end":
            await _end(playback)

    async def _pause(self, seconds: float) -> None:
        if self._speed is not None and seconds > 0:
            await anyio.sleep(seconds / self._speed)


class _Replayed:
    """The `EventStream` of a playback."""

    def __init__(self, playback: Playback, chunks: AsyncGenerator[bytes], reads_as: str | None) -> None:
        self._playback = playback
        self._chunks = chunks
        self._reads_as = reads_as

    @property
    def status(self) -> int:
        return self._playback.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._playback.headers

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self._chunks])

    def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        content_type = self._reads_as or self.headers.get("content-type", "")
        return bursts_from_bytes(self._chunks, content_type=content_type, max_bytes=_MAX_BYTES)


def _playback(exchange: Exchange) -> Playback:
    """Return an exchange as it was recorded; a stream as server-sent events, whatever it came as."""
    response = exchange.response
    if response is None:
        return Playback(0, {}, (), "error", exchange.error)
    headers = dict(response.headers)
    if exchange.bursts is None:
        pieces: tuple[Piece, ...] = (Piece(0.0, (response.body,)),)
    else:
        headers["content-type"] = "text/event-stream"
        pieces = tuple(Piece(burst.after, tuple(map(sse_block, burst.events))) for burst in exchange.bursts)
    ending: Literal["end", "error"] = "end" if exchange.error is None else "error"
    return Playback(response.status, headers, pieces, ending, exchange.error, exchange.after)


async def _end(playback: Playback) -> None:
    """End a playback in the way that is not its end."""
    match playback.ending:
        case "stall":
            await anyio.sleep_forever()
        case "error" if playback.error is not None:
            raise _error(*playback.error)
        case _:
            raise ConnectionFailed("the connection was lost, as the tape wants it")


def _error(name: str, message: str) -> ChatError:
    """Return a recorded error: a transport raises no others than these two, and `TimedOut`."""
    if name == "InvalidResponse":
        return InvalidResponse(message)
    return ConnectionFailed(message if name == "ConnectionFailed" else f"{name}: {message}")


def _alike(one: Request, other: Request) -> bool:
    return one.method == other.method and _path(one) == _path(other) and _same_body(one.body, other.body)


def _path(request: Request) -> str:
    split = urlsplit(request.url)
    return f"{split.path}?{split.query}"


def _same_body(one: bytes, other: bytes) -> bool:
    return one == other or _parsed(one) == _parsed(other)


def _parsed(body: bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(body or b"null")
    except ValueError:
        return body.decode("latin-1")
    return value


def _difference(sent: Request, recorded: Request) -> str:
    """Return how a request differs from the next one on the tape."""
    if (sent.method, _path(sent)) != (recorded.method, _path(recorded)):
        return f"sent was {sent.method} {_path(sent)}, the tape has {recorded.method} {_path(recorded)}"
    one, other = _parsed(sent.body), _parsed(recorded.body)
    if not isinstance(one, dict) or not isinstance(other, dict):
        return f"sent was the body {sent.body[:200]!r}, the tape has {recorded.body[:200]!r}"
    names = [name for name in {**other, **one} if one.get(name) != other.get(name)]
    shown = "; ".join(
        f"{name}: {json.dumps(one.get(name))[:200]}, the tape has {json.dumps(other.get(name))[:200]}"
        for name in names
    )
    return f"the body differs from what was recorded (record it again if that is right): {shown}"
