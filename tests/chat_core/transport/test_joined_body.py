"""Chunks that one read has brought come as one, and no byte of them is lost before a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from random import Random
from types import SimpleNamespace

import h11
import httpcore
import pytest
from chat_core.transport.joined_body import join_chunks
from chat_core.transport.plain_chunks import plain_chunks

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
REQUEST = httpcore.Request("POST", "http://x/", extensions={"timeout": {"read": 3.0}})


class Connection:
    """The parts of httpcore's HTTP/1.1 connection that are used, fed with what reads would bring."""

    def __init__(self, reads: Sequence[bytes]) -> None:
        self._h11_state = h11.Connection(h11.CLIENT)
        self._network_stream = self
        self._h11_state.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
        self._h11_state.send(h11.EndOfMessage())
        self.reads = [*reads]
        self.timeouts: list[float | None] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.timeouts.append(timeout)
        return self.reads.pop(0)

    async def _receive_response_body(self, request: httpcore.Request) -> AsyncIterator[bytes]:
        raise AssertionError("it is replaced")
        yield b""

    async def begin(self) -> None:
        """Read the head, and have the chunks joined."""
        self._h11_state.receive_data(self.reads.pop(0))
        assert isinstance(self._h11_state.next_event(), h11.Response)
        join_chunks(SimpleNamespace(_connection=self))  # type: ignore[arg-type]  # what of it is used

    def body(self) -> AsyncIterator[bytes]:
        return self._receive_response_body(request=REQUEST)

    @property
    def machine(self) -> h11.Connection:
        return self._h11_state

    @property
    def is_done(self) -> bool:
        return self._h11_state.their_state is h11.DONE


async def read_into(found: list[bytes], connection: Connection) -> None:
    async for chunk in connection.body():
        found.append(chunk)  # noqa: PERF401  what came before an error counts


async def chunks_of(*reads: bytes) -> tuple[list[bytes], Connection]:
    connection = Connection([HEAD, *reads])
    await connection.begin()
    return [chunk async for chunk in connection.body()], connection


async def test_what_one_read_has_brought_comes_as_one_chunk() -> None:
    one, two = b"1\r\na\r\n2\r\nbc\r\n3\r\nd", b"ef\r\n1\r\ng\r\n0\r\n\r\n"

    found, connection = await chunks_of(one, two)

    assert found == [b"abcd", b"efg"]
    assert connection.timeouts == [3.0, 3.0]
    assert connection.is_done


async def test_an_end_of_its_own_and_an_empty_body_are_ends() -> None:
    assert (await chunks_of(b"1\r\na\r\n", b"0\r\n\r\n"))[0] == [b"a"]
    assert (await chunks_of(b"0\r\n\r\n"))[0] == []


async def test_what_stands_before_a_broken_chunk_comes_before_the_error() -> None:
    connection = Connection([HEAD, b"1\r\na\r\n1\r\nb\r\nno size\r\n"])
    await connection.begin()
    body = connection.body()

    assert await anext(body) == b"ab"
    with pytest.raises(httpcore.RemoteProtocolError):
        await anext(body)


async def test_a_connection_that_is_closed_in_the_middle_gives_what_came_and_fails() -> None:
    for reads in (
        (b"1\r\na\r\n", b""),
        (b"1\r\na\r\n2\r\nb", b""),
        (b"1\r\na\r\n2", b""),
        (b"1\r\na\r", b""),
    ):
        connection = Connection([HEAD, *reads])
        await connection.begin()
        found: list[bytes] = []
        with pytest.raises(httpcore.RemoteProtocolError):
            await read_into(found, connection)
        assert found[0][:1] == b"a"
        assert connection.reads == []


async def test_what_came_behind_the_head_is_part_of_the_body() -> None:
    for behind in (b"1\r\na\r\n", b"1\r\na\r\n2\r", b"1\r\na\r\n2\r\nb", b"2\r\na"):
        whole = b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n" if behind[:1] == b"1" else b"2\r\nab\r\n0\r\n\r\n"
        connection = Connection([HEAD + behind, whole[len(behind) :]])
        await connection.begin()
        assert b"".join([chunk async for chunk in connection.body()]) in (b"abc", b"ab")
        assert connection.is_done


def test_only_chunks_in_their_plain_form_are_taken_off() -> None:
    assert plain_chunks(b"1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n") == ([b"a", b"0123456789"], 21)
    for other in (
        b"1;extension\r\na\r\n",
        b"0x1\r\na\r\n",
        b"+1\r\na\r\n",
        b"1_0\r\n0123456789012345\r\n",
        b" 1\r\na\r\n",
        b"1 \r\na\r\n",
        b"1\na\n",
        b"1\r\nab\r\n",
        b"-1\r\n\r\n",
        b"000000001\r\na\r\n",
        b"FFFFFFFFF\r\na\r\n",
        b"\r\n\r\n",
        b"2\r\nab",
        b"2\r\nab\r",
        b"2",
        b"",
    ):
        assert plain_chunks(other) == ([], 0), other


def slices(data: bytes, random: Random) -> list[bytes]:
    places = sorted({0, len(data), *(random.randrange(len(data)) for _ in range(random.randrange(12)))})
    return [data[start:end] for start, end in pairwise(places)]


def by_h11(reads: Sequence[bytes]) -> tuple[bytes, str]:
    """Return what h11 alone makes of a body, and the error that ends it."""
    connection = Connection([])
    machine = connection.machine
    machine.receive_data(HEAD)
    machine.next_event()
    waiting, found = [*reads, b""], b""
    while True:
        try:
            event = machine.next_event()
        except h11.RemoteProtocolError as exc:
            return found, str(exc)
        if isinstance(event, h11.Data):
            found += event.data
        elif isinstance(event, h11.EndOfMessage):
            return found, ""
        else:
            machine.receive_data(waiting.pop(0))


async def test_in_any_slices_it_is_the_body_that_h11_reads_and_fails_as_h11_does() -> None:
    random = Random(7)
    pieces = [
        b"1\r\na\r\n",
        b"3\r\nabc\r\n",
        b"%x\r\n%b\r\n" % (300, b"x" * 300),
        b"b;e=1\r\n0123456789\n\r\n",
    ]
    odd = [b"0x1\r\na\r\n", b"1\r\nabc", b"\r\n", b"+1\r\na\r\n", b"2\r\na\r\n", b"1\na\r\n", b"g\r\n"]
    end = [b"0\r\n\r\n", b"0\r\nx: y\r\n\r\n", b"0;e\r\n\r\n", b""]
    for _ in range(400):
        body = [random.choice(pieces) for _ in range(random.randrange(8))]
        if random.random() < 0.4:
            body.insert(random.randrange(len(body) + 1), random.choice(odd))
        reads = slices(b"".join(body) + random.choice(end) + b"-", random)
        with_head = random.random() < 0.5
        connection = Connection([HEAD + reads[0], *reads[1:], b""] if with_head else [HEAD, *reads, b""])
        await connection.begin()
        found, error = b"", ""
        try:
            async for chunk in connection.body():
                assert chunk
                found += chunk
        except httpcore.RemoteProtocolError as exc:
            error = str(exc)
        assert (found, error) == by_h11(reads), reads


async def test_a_connection_of_another_make_is_left_as_it_is() -> None:
    for other in (SimpleNamespace(), SimpleNamespace(_connection=SimpleNamespace(_h11_state=None))):
        before = dict(vars(other))
        join_chunks(other)  # type: ignore[arg-type]  # on purpose
        assert vars(other) == before
