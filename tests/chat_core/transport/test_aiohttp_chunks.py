"""aiohttp's connection with chunks taken off before its parser reads the same bodies as its own, in any
slices.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from aiohttp import ClientPayloadError, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from chat_core.transport.aiohttp_chunks import JoiningHandler

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Wire(asyncio.Transport):
    """What a connection does to its transport."""

    def __init__(self) -> None:
        super().__init__()
        self.paused = False
        self.closed = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


def joining() -> tuple[JoiningHandler, Wire]:
    wire = Wire()
    handler = JoiningHandler(asyncio.get_running_loop())
    handler.connection_made(wire)
    handler.expect_response()
    return handler, wire


def plain() -> tuple[ResponseHandler, Wire]:
    wire = Wire()
    handler = ResponseHandler(asyncio.get_running_loop())
    handler.connection_made(wire)
    handler.set_response_params(read_until_eof=True, auto_decompress=False)
    return handler, wire


async def read(handler: ResponseHandler, wire: Wire, reads: Sequence[bytes]) -> tuple[bytes, str]:
    """Feed a connection with what comes before it is closed, and return the body, and how it failed."""
    found = b""
    body: StreamReader | None = None
    for data in reads:
        if not wire.closed:
            handler.data_received(data)
        while len(handler):
            message, body = await handler.read()
            body = None if message.code < 200 else body
        found += _arrived(body)
    handler.connection_lost(None)
    found += _arrived(body)
    if body is None:
        return b"", "no head"
    failure = body.exception() or (None if body.is_eof() else handler.exception())
    return found, "" if failure is None else type(failure).__name__


async def test_in_any_slices_it_is_the_body_that_aiohttp_reads() -> None:
    random = Random(11)
    pieces = [
        b"1\r\na\r\n",
        b"3\r\nabc\r\n",
        b"%x\r\n%b\r\n" % (300, b"x" * 300),
        b"C\r\ndata: {}\r\n\r\n\r\n",
        b"b;e=1\r\n0123456789\n\r\n",
    ]
    odd = [b"0x1\r\na\r\n", b"1\r\nabc", b"\r\n", b"+1\r\na\r\n", b"2\r\na\r\n", b"1\na\r\n", b"g\r\n"]
    end = [b"0\r\n\r\n", b"0\r\nx: y\r\n\r\n", b"0;e\r\n\r\n", b""]
    compared = 0
    for _ in range(1500):
        body = [random.choice(pieces) for _ in range(random.randrange(8))]
        if random.random() < 0.4:
            body.insert(random.randrange(len(body) + 1), random.choice(odd))
        interim = random.choice([b"", b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"])
        whole = interim + HEAD + b"".join(body) + random.choice(end)
        cuts = {0, len(whole), *(random.randrange(len(whole)) for _ in range(random.randrange(12)))}
        reads = _slices(whole, cuts)

        found, ended = await read(*joining(), reads)
        # a read ends with the head, since aiohttp loses a head that it reads together with what is no HTTP
        expected, should_end = await read(*plain(), _slices(whole, {*cuts, len(interim + HEAD)}))

        assert (ended == "") == (should_end == ""), reads
        if ended != "no head":
            assert found == expected, reads
            compared += 1
    assert compared > 1300


def _arrived(body: StreamReader | None) -> bytes:
    """Return what waits for the reader, also in front of a failure."""
    if body is None or body.at_eof():
        return b""
    failure = body.exception()
    body.set_exception(None)  # type: ignore[arg-type]  # else it is raised
    found = body.read_nowait()
    if failure is not None:
        body.set_exception(failure)
    return found


def _slices(data: bytes, cuts: set[int]) -> list[bytes]:
    return [data[start:end] for start, end in pairwise(sorted(cuts))]


async def test_what_one_read_has_brought_is_fed_as_one() -> None:
    handler, _ = joining()
    handler.data_received(HEAD + b"1\r\na\r\n2\r\nbc\r\n3\r\nd")
    _, body = await handler.read()

    assert body.read_nowait() == b"abcd"
    handler.data_received(b"ef\r\n1\r\ng\r\n1\r\nh\r\n0\r\n\r\n")
    assert body.read_nowait() == b"efgh"
    assert body.at_eof()
    assert not handler.should_close


async def test_a_reader_that_is_slow_holds_the_connection_and_gets_every_byte() -> None:
    handler, wire = joining()
    chunk = b"%x\r\n%b\r\n" % (100_000, b"x" * 100_000)
    handler.data_received(HEAD + chunk * 3)
    _, body = await handler.read()
    assert not wire.paused

    handler.data_received(chunk * 3 + chunk[:50_000])
    assert wire.paused
    found = await body.readany()
    assert not wire.paused
    handler.data_received(chunk[50_000:] + b"0\r\n\r\n")
    while not body.at_eof():
        found += await body.readany()

    assert found == b"x" * 700_000
    assert body.at_eof()


async def test_what_is_no_http_behind_the_head_fails_the_body_instead_of_leaving_it_waiting() -> None:
    for behind in (b"zz\r\n", b"1\r\nabc\r\n"):
        handler, wire = joining()
        handler.data_received(HEAD)
        _, body = await handler.read()
        handler.data_received(behind)

        assert wire.closed
        with pytest.raises((HttpProcessingError, ClientPayloadError)):  # of either parser of aiohttp's
            await body.read()


async def test_a_second_response_on_the_connection_begins_with_its_head() -> None:
    handler, _ = joining()
    for text in (b"a", b"b"):
        handler.expect_response()
        handler.data_received(HEAD + b"1\r\n" + text + b"\r\n0\r\n\r\n")
        _, body = await handler.read()
        assert await body.read() == text
    handler.expect_response()
    handler.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n1\r\n")
    _, body = await handler.read()
    assert await body.read() == b"1\r\n"
    handler.expect_response()
    handler.data_received(b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n")
    message, body = await handler.read()
    assert (message.code, body.at_eof()) == (204, True)


async def test_a_connection_on_which_something_came_unasked_takes_no_request() -> None:
    handler, _ = joining()
    handler.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    _, body = await handler.read()
    assert await body.read() == b"ok"
    assert handler.is_connected()

    handler.data_received(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n")
    assert not handler.is_connected()
