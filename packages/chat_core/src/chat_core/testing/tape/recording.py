"""`RecordingTransport`: a transport around a transport, which writes a tape."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import anyio

from chat_core.testing.tape.form import VERSION, Burst, Exchange, lines_of
from chat_core.testing.tape.redaction import Redaction
from chat_core.transport import Event, EventStream, Request, Response, Transport
from chat_core.types.errors import ChatError
from chat_core.types.short_repr import Shown, Values


class RecordingTransport(Shown):
    """Sends requests through another transport and writes each exchange to a tape when it ends.

    What was at `path` is replaced with the first exchange. `redaction` removes secrets; by default it is
    `Redaction()`. Any transport can be recorded: the messages of a WebSocket are events as those of a stream.
    """

    def __init__(self, transport: Transport, path: Path | str, *, redaction: Redaction | None = None) -> None:
        self._transport = transport
        self._path = Path(path)
        self._redaction = redaction or Redaction()
        self._begun = False

    def _shown(self) -> Values:
        yield "", self._transport
        yield "path", str(self._path)

    async def send(self, request: Request, /) -> Response:
        """Send the request and return the whole response."""
        exchange = Exchange(request)
        clock = _Clock()
        try:
            response = await self._transport.send(request)
            exchange.response, exchange.after = response, clock.passed()
        except ChatError as error:
            _note_error(exchange, error, clock)
            raise
        finally:
            self._write(exchange)
        return response

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send the request and give the response as it arrives."""
        exchange = Exchange(request)
        clock = _Clock()
        try:
            async with self._transport.stream(request) as stream:
                exchange.response = Response(stream.status, stream.headers, b"")
                exchange.after, exchange.bursts, exchange.left = clock.passed(), [], True
                yield _Recorded(stream, exchange, clock)
        except ChatError as error:
            if exchange.error is None and exchange.response is None:
                _note_error(exchange, error, clock)
            raise
        finally:
            self._write(exchange)

    async def aclose(self) -> None:
        """Close what is open on the running event loop."""
        await self._transport.aclose()

    def _write(self, exchange: Exchange) -> None:
        """Append the exchange. Without a response or an error it was cancelled, and is not written."""
        if exchange.response is None and exchange.error is None:
            return
        lines = list(lines_of(self._redaction.exchange(exchange)))
        if not self._begun:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lines.insert(0, json.dumps({"tape": VERSION}))
        with self._path.open("a" if self._begun else "w", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(lines) + "\n")
        self._begun = True


class _Clock:
    """Seconds since it was last looked at."""

    def __init__(self) -> None:
        self._last = anyio.current_time()

    def passed(self) -> float:
        before, self._last = self._last, anyio.current_time()
        return self._last - before


class _Recorded:
    """An `EventStream` that notes what is read from another."""

    def __init__(self, stream: EventStream, exchange: Exchange, clock: _Clock) -> None:
        self._stream = stream
        self._exchange = exchange
        self._clock = clock

    @property
    def status(self) -> int:
        return self._stream.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._stream.headers

    @property
    def ok(self) -> bool:
        return self._stream.ok

    async def read(self) -> bytes:
        """Return the whole body, which the tape then has as one."""
        try:
            body = await self._stream.read()
        except ChatError as error:
            _note_error(self._exchange, error, self._clock)
            raise
        self._exchange.response = Response(self.status, self.headers, body)
        self._exchange.bursts, self._exchange.left = None, False
        return body

    async def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        noted = self._exchange.bursts if self._exchange.bursts is not None else []
        try:
            async with aclosing(self._stream.bursts()) as bursts:
                async for burst in bursts:
                    if burst:
                        noted.append(Burst(self._clock.passed(), tuple(burst)))
                    yield burst
        except ChatError as error:
            _note_error(self._exchange, error, self._clock)
            raise
        self._exchange.left = False


def _note_error(exchange: Exchange, error: ChatError, clock: _Clock) -> None:
    exchange.error = (type(error).__name__, str(error))
    exchange.error_after, exchange.left = clock.passed(), False
