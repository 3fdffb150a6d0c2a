"""The body of a response over httpcore, with the chunks that arrived together joined.

Each event of a stream is an HTTP chunk of its own on most servers. h11 takes longer to read a chunk than all
of this library takes for the event in it, so whole chunks in their plain form, a size and the data, are taken
off before it. h11 reads everything else, the end included, and says what is no HTTP: between two chunks it
knows nothing of those before. It is given the rest of a chunk that it was given the beginning of.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from operator import attrgetter
from types import ModuleType
from typing import Protocol, cast

import httpcore

from chat_core.transport.plain_chunks import missing_of_chunk, plain_chunks

_PARTS = ("_receive_response_body", "_network_stream", "_h11_state")  # of httpcore's HTTP/1.1 connection
_NAMES = ("Data", "EndOfMessage", "NEED_DATA", "PAUSED", "RemoteProtocolError")  # of h11, which it reads with
_READER = ("_bytes_in_chunk", "_bytes_to_discard", "_reading_trailer")  # of h11's reader of chunks
_BUFFER = ("maybe_extract_at_most",)  # of h11's buffer
_READ = 64 * 1024  # bytes, as httpcore reads
_network_stream = cast("Callable[[object], httpcore.AsyncNetworkStream]", attrgetter("_network_stream"))
_h11_state = cast("Callable[[object], _Machine]", attrgetter("_h11_state"))
_chunk_state = cast("Callable[[object], tuple[int, bytes, bool]]", attrgetter(*_READER))
_receive_body = cast("Callable[[object], Callable[..., AsyncGenerator[bytes]]]", attrgetter(_PARTS[0]))
_extensions = cast("Callable[[httpcore.Request], Mapping[str, object]]", attrgetter("extensions"))


class _Machine(Protocol):
    @property
    def trailing_data(self) -> tuple[bytes, bool]: ...
    def next_event(self) -> object: ...
    def receive_data(self, data: bytes) -> None: ...


class _Buffer(Protocol):
    def maybe_extract_at_most(self, count: int) -> object: ...


class _Data(Protocol):
    data: bytes


def join_chunks(connection: httpcore.AsyncConnectionInterface) -> None:
    """Have a connection that is open give chunks joined. One of another make is left as it is."""
    inner = getattr(connection, "_connection", None)
    if inner is None or "_receive_response_body" in vars(inner) or not _has_all(inner, _PARTS):
        return
    machine, stream = _h11_state(inner), _network_stream(inner)
    library = sys.modules.get(type(machine).__module__.partition(".")[0])
    if library is None or not _has_all(library, _NAMES):
        return
    h11 = library

    def body(request: httpcore.Request) -> AsyncGenerator[bytes]:
        timeouts = cast("Mapping[str, float | None]", _extensions(request).get("timeout", {}))
        timeout = timeouts.get("read")
        return _body(machine, lambda: stream.read(_READ, timeout), h11)

    setattr(inner, _PARTS[0], body)


def joined_body(stream: object) -> AsyncGenerator[bytes] | None:
    """Return the body below the stream of a response of httpx, where its chunks come joined; else None.

    It raises the errors of httpcore.
    """
    within = getattr(stream, "_httpcore_stream", None)
    connection, request = getattr(within, "_connection", None), getattr(within, "_request", None)
    if request is None or "_receive_response_body" not in getattr(connection, "__dict__", ()):
        return None
    return _receive_body(connection)(request=request)


def _has_all(owner: object, names: tuple[str, ...]) -> bool:
    return all(hasattr(owner, name) for name in names)


async def _body(
    machine: _Machine, read: Callable[[], Awaitable[bytes]], h11: ModuleType
) -> AsyncGenerator[bytes]:
    """Yield the body. What `machine` cannot read is raised after the chunks before it, as httpcore does."""
    body = _Body(machine, h11)
    failure: Exception | None = None
    try:
        body.begin()
    except h11.RemoteProtocolError as exc:
        failure = exc
    while True:
        if chunks := body.take():
            yield chunks
        if failure is not None:
            raise httpcore.RemoteProtocolError(failure) from failure
        if body.ended:
            return
        data = await read()
        try:
            body.feed(data)
        except h11.RemoteProtocolError as exc:
            failure = exc


class _Body:
    """The body of one response, as far as it was read. `take` what `begin` and `feed` have found."""

    def __init__(self, machine: _Machine, h11: ModuleType) -> None:
        self.ended: bool = False
        self._machine = machine
        self._h11 = h11
        self._of_data = cast("type[object]", h11.Data)
        self._of_end = cast("type[object]", h11.EndOfMessage)
        self._chunks: list[bytes] = []
        self._missing = 0  # bytes of the chunk whose beginning h11 has read
        self._between = False  # whether h11 stands between two chunks

    def begin(self) -> None:
        """Read what came together with the head. Raises h11's errors, as `feed` does."""
        self._chunks += _behind_head(self._machine)
        if _reads_chunks(self._machine):
            self._missing = missing_of_chunk(self._machine.trailing_data[0])
        self._go_on()

    def feed(self, data: bytes) -> None:
        """Read what has arrived; nothing is the end of the connection."""
        if self._missing:
            part, data = data[: self._missing], data[self._missing :]
            self._missing -= len(part)
            self._parse(part)
            if not data:
                return
        if self._between and data:
            chunks, at = plain_chunks(data)
            self._chunks += chunks
            if at == len(data):
                return
            data = data[at:]
            self._missing = missing_of_chunk(data)
        self._parse(data)

    def take(self) -> bytes:
        """Return what was found, joined, and forget it."""
        chunks, self._chunks = self._chunks, []
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _parse(self, data: bytes) -> None:
        self._machine.receive_data(data)
        self._go_on()

    def _go_on(self) -> None:
        """Have h11 read what it was given."""
        machine, paused, need_data = self._machine, self._h11.PAUSED, self._h11.NEED_DATA
        while (event := machine.next_event()) is not need_data:
            if isinstance(event, self._of_data):
                self._chunks.append(bytes(cast("_Data", event).data))
            elif event is paused or isinstance(event, self._of_end):
                self.ended = True
                return
        self._between = _reads_chunks(machine) and not machine.trailing_data[0]


def _behind_head(machine: _Machine) -> list[bytes]:
    """Return the contents of the plain chunks that came together with the head; h11 has them not any more."""
    buffer = getattr(machine, "_receive_buffer", None)
    data, is_closed = machine.trailing_data
    if is_closed or not data or not _has_all(buffer, _BUFFER) or not _reads_chunks(machine):
        return []
    chunks, at = plain_chunks(data)
    if at:
        cast("_Buffer", buffer).maybe_extract_at_most(at)
    return chunks


def _reads_chunks(machine: _Machine) -> bool:
    """Return whether the body is in chunks, and h11 in the middle of none."""
    reader = getattr(machine, "_reader", None)
    return _has_all(reader, _READER) and not any(_chunk_state(reader))
