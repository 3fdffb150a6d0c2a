"""The body of a response over httpcore, with the chunks that arrived together joined.

Each event of a stream is an HTTP chunk of its own on most servers. h11 takes longer to read a chunk than all
of this library takes for the event in it, so whole chunks in their plain form, a size and the data, are taken
off before it. h11 reads everything else, the end included, and says what is no HTTP: between two chunks it
knows nothing of those before.
"""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from operator import attrgetter
from types import ModuleType
from typing import Protocol, cast

import httpcore

_PARTS = ("_receive_response_body", "_network_stream", "_h11_state")  # of httpcore's HTTP/1.1 connection
_NAMES = ("Data", "EndOfMessage", "NEED_DATA", "PAUSED", "RemoteProtocolError")  # of h11, which it reads with
_READER = ("_bytes_in_chunk", "_bytes_to_discard", "_reading_trailer")  # of h11's reader of chunks
_BUFFER = ("maybe_extract_at_most",)  # of h11's buffer
_READ = 64 * 1024  # bytes, as httpcore reads
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")
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
    of_data, of_end = cast("type[object]", h11.Data), cast("type[object]", h11.EndOfMessage)
    chunks = _behind_head(machine)
    while True:
        try:
            event = machine.next_event()
            while isinstance(event, of_data):
                chunks.append(bytes(cast("_Data", event).data))
                event = machine.next_event()
        except h11.RemoteProtocolError as exc:
            if chunks:
                yield b"".join(chunks)
            raise httpcore.RemoteProtocolError(exc) from exc
        if chunks:
            yield b"".join(chunks)
            chunks = []
        if event is h11.PAUSED or isinstance(event, of_end):
            return
        if event is not h11.NEED_DATA:
            continue
        between = _is_between_chunks(machine)
        data = await read()
        while between and data:
            plain, at = plain_chunks(data)
            if at < len(data):
                chunks, data = plain, data[at:]
                break
            yield plain[0] if len(plain) == 1 else b"".join(plain)
            data = await read()
        machine.receive_data(data)


def plain_chunks(data: bytes) -> tuple[list[bytes], int]:
    """Return the contents of the whole chunks in their plain form that `data` begins with, and where they
    end.
    """
    chunks: list[bytes] = []
    at = 0
    while (size := _SIZE.match(data, at)) is not None:
        begin = size.end()
        end = begin + int(size[1], 16)
        if begin == end or data[end : end + 2] != b"\r\n":
            break  # it is the last one, or not whole, or malformed
        chunks.append(data[begin:end])
        at = end + 2
    return chunks, at


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


def _is_between_chunks(machine: _Machine) -> bool:
    """Return whether the next byte to arrive begins a chunk."""
    return _reads_chunks(machine) and not machine.trailing_data[0]


def _reads_chunks(machine: _Machine) -> bool:
    """Return whether the body is in chunks, and h11 in the middle of none."""
    reader = getattr(machine, "_reader", None)
    return _has_all(reader, _READER) and not any(_chunk_state(reader))
