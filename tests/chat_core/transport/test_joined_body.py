"""Chunks that one read has brought come as one, and no byte of them is lost before a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import h11
import httpcore
import pytest
from chat_core.transport.joined_body import join_chunks

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
REQUEST = httpcore.Request("POST", "http://x/", extensions={"timeout": {"read": 3.0}})


class Connection:
    """The parts of httpcore's HTTP/1.1 connection that are used, fed with what reads would bring."""

    def __init__(self, reads: Sequence[bytes]) -> None:
        self._h11_state = h11.Connection(h11.CLIENT)
        self._h11_state.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
        self._h11_state.send(h11.EndOfMessage())
        self.reads = [*reads]
        self.timeouts: list[float | None] = []

    async def _receive_event(self, timeout: float | None = None) -> Any:
        self.timeouts.append(timeout)
        while (event := self._h11_state.next_event()) is h11.NEED_DATA:
            self._h11_state.receive_data(self.reads.pop(0))
        return event

    async def _receive_response_body(self, request: httpcore.Request) -> AsyncIterator[bytes]:
        raise AssertionError("it is replaced")
        yield b""

    async def begin(self) -> None:
        """Read the head, and have the chunks joined."""
        assert isinstance(await self._receive_event(), h11.Response)
        join_chunks(SimpleNamespace(_connection=self))  # type: ignore[arg-type]  # what of it is used

    def body(self) -> AsyncIterator[bytes]:
        return self._receive_response_body(request=REQUEST)

    @property
    def is_done(self) -> bool:
        return self._h11_state.their_state is h11.DONE


async def chunks_of(*reads: bytes) -> tuple[list[bytes], Connection]:
    connection = Connection([HEAD, *reads])
    await connection.begin()
    return [chunk async for chunk in connection.body()], connection


async def test_what_one_read_has_brought_comes_as_one_chunk() -> None:
    one, two = b"1\r\na\r\n2\r\nbc\r\n3\r\nd", b"ef\r\n1\r\ng\r\n0\r\n\r\n"

    found, connection = await chunks_of(one, two)

    assert found == [b"abcd", b"efg"]
    assert connection.timeouts[1:] == [3.0, 3.0]
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


async def test_a_connection_of_another_make_is_left_as_it_is() -> None:
    for other in (SimpleNamespace(), SimpleNamespace(_connection=SimpleNamespace(_h11_state=None))):
        before = dict(vars(other))
        join_chunks(other)  # type: ignore[arg-type]  # on purpose
        assert vars(other) == before
