"""The bytes of a binary event stream, for tests of providers that AWS serves."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from zlib import crc32

from chat_core.transport import Event


def event_stream_bytes(events: Iterable[Event | tuple[str, Mapping[str, object]]]) -> bytes:
    """Return the messages of these events, as `application/vnd.amazon.eventstream` has them.

    An event is its type and its payload, which is an object or JSON text. A type such as
    "exception:throttlingException" makes an exception.
    """
    return b"".join(_message(type, payload) for type, payload in events)


def _message(type: str, payload: str | Mapping[str, object]) -> bytes:
    kind, _, name = type.rpartition(":")
    headers = _header(":message-type", kind or "event") + _header(f":{kind or 'event'}-type", name)
    headers += _header(":content-type", "application/json")
    data = (payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(data), len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + data
    return body + struct.pack(">I", crc32(body))


def _header(name: str, value: str) -> bytes:
    text = value.encode()
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(text)) + text
