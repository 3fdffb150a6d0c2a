"""Events out of the binary framing `application/vnd.amazon.eventstream`, in which every message carries two
checksums.

A message is, with all numbers big-endian:

    offset   size           content
    0        4              length of the whole message
    4        4              length of the headers
    8        4              CRC-32 of the 8 bytes before it
    12       headers        name length (1), name, type (1), value; again and again
    ...      the rest       payload
    end - 4  4              CRC-32 of everything before it
"""

from __future__ import annotations

import json
import struct
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from typing import TypeAlias
from zlib import crc32

from chat_core.transport import Event
from chat_core.types.errors import InvalidResponse

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
_LENGTH = struct.Struct(">H")
_SMALLEST = _PRELUDE.size + _CHECKSUM.size
# Sizes of header values by type: booleans, integers of 1 to 8 bytes, a timestamp, a UUID.
_FIXED_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_BYTES, _STRING = 6, 7

_Headers: TypeAlias = "dict[str, str]"


async def event_bursts(
    start: bytes, chunks: AsyncIterable[bytes], max_bytes: int
) -> AsyncGenerator[Sequence[Event]]:
    """Yield the events of `start` and the chunks after it, those together that arrived together.

    Raises `InvalidResponse` for what is no message or is larger than `max_bytes`, after the events before
    it. A message that the end of the bytes cuts is no event.
    """
    reader = EventStreamReader(max_bytes)
    yield reader.feed(start)
    async for chunk in chunks:
        if reader.fault is not None:
            break
        yield reader.feed(chunk)
    if reader.fault is not None:
        raise reader.fault


class EventStreamReader:
    """Reads messages out of bytes in any slices. It does no I/O, and its cost is linear in the bytes.

    state    | bytes                    | what happens
    ---------|--------------------------|-------------------------------------------------
    reading  | part of a message        | kept
    reading  | the rest of a message    | the message becomes an `Event`
    reading  | no message               | `fault` is set; the events before it are returned
    faulty   | any                      | ignored: where the next message starts is unknown

    An event's type is the message's `:event-type`; of an exception "exception:" and its
    `:exception-type`; of an error "error:" and its `:error-code`, with the `:error-message` as
    `{"message": ...}` for data.
    """

    def __init__(self, max_bytes: int) -> None:
        self.fault: InvalidResponse | None = None
        self._max_bytes = max_bytes
        self._unread = bytearray()

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that `chunk` completes."""
        if self.fault is not None:
            return []
        events: list[Event] = []
        self._unread += chunk
        position = 0
        try:
            while (end := self._end_of_message(position)) is not None:
                events.append(_event(bytes(self._unread[position:end])))
                position = end
        except InvalidResponse as exc:
            self.fault = exc
        del self._unread[:position]
        return events

    def _end_of_message(self, position: int) -> int | None:
        """Return where the message that starts here ends, or None where not all of it has come."""
        available = len(self._unread) - position
        if available < _PRELUDE.size:
            return None
        total, headers, checksum = _PRELUDE.unpack_from(self._unread, position)
        if crc32(self._unread[position : position + 8]) != checksum:
            start = bytes(self._unread[position : position + 80])
            raise InvalidResponse(f"not a message of an event stream, its checksum is wrong: {start!r}")
        if total < _SMALLEST + headers:
            raise InvalidResponse(f"a message of {total} bytes cannot hold {headers} bytes of headers")
        if total > self._max_bytes:
            raise InvalidResponse(
                f"an event is larger than {self._max_bytes:,} bytes;"
                " HttpTransport(max_bytes=...) raises the limit"
            )
        return position + total if total <= available else None


def _event(message: bytes) -> Event:
    """Return the event of one whole message."""
    (checksum,) = _CHECKSUM.unpack_from(message, len(message) - _CHECKSUM.size)
    if crc32(memoryview(message)[: -_CHECKSUM.size]) != checksum:
        raise InvalidResponse(
            f"a message of an event stream is damaged, its checksum is wrong: {message[:80]!r}"
        )
    payload_start = _PRELUDE.size + _PRELUDE.unpack_from(message)[1]
    try:
        headers = _headers(message[_PRELUDE.size : payload_start])
    except (IndexError, struct.error, UnicodeDecodeError) as exc:
        raise InvalidResponse(f"the headers of an event cannot be read: {message[:200]!r}") from exc
    data = message[payload_start : -_CHECKSUM.size].decode("utf-8", "replace")
    match headers.get(":message-type"):
        case "exception":
            return Event(f"exception:{headers.get(':exception-type', '')}", data)
        case "error":
            explanation = json.dumps({"message": headers.get(":error-message", data)})
            return Event(f"error:{headers.get(':error-code', '')}", explanation)
        case _:
            return Event(headers.get(":event-type") or "message", data)


def _headers(block: bytes) -> _Headers:
    """Return the headers that are strings. Raises `IndexError` or `struct.error` where a value is cut."""
    found: _Headers = {}
    seen: set[str] = set()
    position = 0
    while position < len(block):
        name_end = position + 1 + block[position]
        name = block[position + 1 : name_end].decode()
        kind = block[name_end]
        start = name_end + 1
        if kind in (_BYTES, _STRING):
            start += _LENGTH.size
            end = start + _LENGTH.unpack_from(block, start - _LENGTH.size)[0]
        elif kind in _FIXED_SIZES:
            end = start + _FIXED_SIZES[kind]
        else:
            raise InvalidResponse(f"a header of an event has the unknown type {kind}: {name!r}")
        if end > len(block):
            raise IndexError(name)
        if name in seen:
            raise InvalidResponse(f"an event has the header {name!r} twice")
        seen.add(name)
        if kind == _STRING:
            found[name] = block[start:end].decode()
        position = end
    return found
