"""AWS's binary event stream becomes events in any slices; what is damaged, cut or hostile becomes none."""

import asyncio
import struct
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from itertools import pairwise
from typing import Any, Protocol
from zlib import crc32

import pytest
from chat_core import HttpTransport
from chat_core.transport import Event, Request
from chat_core.transport.event_stream import CONTENT_TYPE, EventStreamReader, event_bursts
from chat_core.types.errors import InvalidResponse
from hypothesis import given
from hypothesis import strategies as st


class Peer(Protocol):
    """The server of `conftest.py`."""

    def request(self) -> Request: ...


# constructed by hand and parsed by botocore: `contentBlockStop` with one member
VECTOR = bytes.fromhex(
    "0000007d00000056e6680fd60b3a6576656e742d74797065070010636f6e74656e74426c6f636b53746f700d3a636f6e74656e742d"
    "747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22636f6e74656e"
    "74426c6f636b496e646578223a307db32e4d34"
)


def string_header(name: str, value: str) -> bytes:
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()


def message(headers: bytes, payload: bytes = b"{}") -> bytes:
    """One message with these bytes as headers."""
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return body + struct.pack(">I", crc32(body))


def event(type: str, payload: str) -> bytes:
    return message(
        string_header(":message-type", "event") + string_header(":event-type", type), payload.encode()
    )


def read(*slices: bytes, max_bytes: int = 10_000) -> tuple[list[Event], InvalidResponse | None]:
    """The events of a body that arrives in `slices`, and the error that it ends in."""

    async def body() -> AsyncGenerator[bytes]:
        for slice_ in slices:
            yield slice_

    async def collect() -> tuple[list[Event], InvalidResponse | None]:
        found: list[Event] = []
        try:
            async with aclosing(event_bursts(b"", body(), max_bytes)) as bursts:
                async for burst in bursts:
                    found += burst
        except InvalidResponse as exc:
            return found, exc
        return found, None

    return asyncio.run(collect())


def bytewise(body: bytes) -> list[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


STREAM = event("a", '{"text":"ü€😀"}') + VECTOR + event("metadata", "{}")
EVENTS = [
    Event("a", '{"text":"ü€😀"}'),
    Event("contentBlockStop", '{"contentBlockIndex":0}'),
    Event("metadata", "{}"),
]


def test_a_stream_gives_the_same_events_bytewise_or_whole() -> None:
    assert read(STREAM) == (EVENTS, None)
    assert read(*bytewise(STREAM)) == (EVENTS, None)


@given(st.lists(st.integers(0, len(STREAM)), max_size=20).map(sorted))
def test_a_stream_gives_the_same_events_in_any_slices(cuts: list[int]) -> None:
    edges = [0, *cuts, len(STREAM)]
    assert read(*(STREAM[a:b] for a, b in pairwise(edges))) == (EVENTS, None)


def test_a_stream_cut_at_any_byte_gives_the_events_that_are_whole_and_no_other() -> None:
    ends = [len(event("a", '{"text":"ü€😀"}'))]
    ends.append(ends[0] + len(VECTOR))
    for cut in range(len(STREAM)):
        assert read(STREAM[:cut]) == (EVENTS[: sum(end <= cut for end in ends)], None), cut


def test_an_event_comes_out_with_the_byte_that_completes_it() -> None:
    reader = EventStreamReader(1000)
    found: list[Sequence[Event]] = [reader.feed(byte) for byte in bytewise(VECTOR)]
    assert not any(found[:-1])
    assert found[-1] == [EVENTS[1]]


def test_a_wrong_bit_anywhere_is_an_error_after_the_events_before_it() -> None:
    for position in range(len(VECTOR)):
        damaged = bytearray(VECTOR)
        damaged[position] ^= 0x10
        found, error = read(event("a", "{}") + bytes(damaged) + event("b", "{}"))
        assert found == [Event("a", "{}")], position
        # a length that is wrong in its prelude is found by the prelude's checksum, all else by the message's
        assert error is not None, position
        assert "checksum" in str(error), position


def test_an_exception_says_its_name_in_its_type() -> None:
    headers = string_header(":message-type", "exception") + string_header(
        ":exception-type", "throttlingException"
    )
    assert read(message(headers, b'{"message":"slow down"}'))[0] == [
        Event("exception:throttlingException", '{"message":"slow down"}')
    ]


def test_an_error_without_a_payload_says_its_message_as_json() -> None:
    headers = (
        string_header(":message-type", "error")
        + string_header(":error-code", "InternalFailure")
        + string_header(":error-message", 'it "broke"')
    )
    assert read(message(headers, b""))[0] == [Event("error:InternalFailure", '{"message": "it \\"broke\\""}')]


def test_headers_of_every_type_are_read_over() -> None:
    fixed = {
        0: b"",
        1: b"",
        2: b"\x01",
        3: b"\x00\x01",
        4: b"\0" * 4,
        5: b"\0" * 8,
        8: b"\0" * 8,
        9: b"\0" * 16,
    }
    headers = b"".join(
        b"\x01" + chr(97 + kind).encode() + bytes([kind]) + value for kind, value in fixed.items()
    )
    headers += b"\x01z\x06\x00\x03abc" + string_header(":event-type", "x")
    assert read(message(headers))[0] == [Event("x", "{}")]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (string_header(":event-type", "a") * 2, "twice"),
        (b"\x01a\x0a", "unknown type 10"),
        (b"\x01a\x07\xff\xff" + b"x", "cannot be read"),
        (b"\x01a\x07\x00", "cannot be read"),
        (b"\xffa", "cannot be read"),
        (b"\x01a", "cannot be read"),
        (b"\x01a\x09\x00", "cannot be read"),
        (b"\x01\xff\x00", "cannot be read"),
        (b"\x01a\x07\x00\x01\xff", "cannot be read"),
    ],
)
def test_headers_that_cannot_be_read_are_an_error(headers: bytes, words: str) -> None:
    found, error = read(event("a", "{}") + message(headers))
    assert found == [Event("a", "{}")]
    assert words in str(error)


@pytest.mark.parametrize(("total", "headers"), [(0, 0), (15, 0), (16, 1), (40, 0xFFFFFFFF), (100, 85)])
def test_lengths_that_contradict_each_other_are_an_error_at_once(total: int, headers: int) -> None:
    prelude = struct.pack(">II", total, headers)
    assert "cannot hold" in str(read(prelude + struct.pack(">I", crc32(prelude)))[1])


def test_a_length_over_the_limit_is_refused_before_the_message_is_kept() -> None:
    prelude = struct.pack(">II", 0x00FFFFFF, 0)
    body = prelude + struct.pack(">I", crc32(prelude))
    _, error = read(body)
    assert "larger than 10,000 bytes" in str(error)
    assert read(event("a", "x" * 9_000))[1] is None


def test_large_messages_in_small_slices_cost_linear_time(check_linear: Any) -> None:
    def prepare(size: int) -> Callable[[], object]:
        body = event("a", "x" * size)
        reader = EventStreamReader(1 << 30)
        return lambda: [reader.feed(body[start : start + 64]) for start in range(0, len(body), 64)]

    check_linear(prepare, 100_000, 1_000_000)


def answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "expected"),
    [(STREAM, EVENTS), (b'{"message":"no"}', [Event("body", '{"message":"no"}')])],
    ids=["messages", "JSON in their place"],
)
async def test_over_http_the_messages_arrive_as_events(
    serve: Callable[[bytes], Peer], body: bytes, expected: list[Event]
) -> None:
    server = serve(answer(body))
    transport = HttpTransport()
    async with transport.stream(server.request()) as response:
        async with aclosing(response.bursts()) as bursts:
            found = [event async for burst in bursts for event in burst]
    await transport.aclose()
    assert found == expected
