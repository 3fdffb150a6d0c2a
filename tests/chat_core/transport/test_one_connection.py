"""One connection of httpcore: what is taken from inside it is there in the version that is installed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import anyio
import httpcore
import httpx
import pytest
import sniffio
from chat_core.transport.http import HttpTransport
from chat_core.transport.joined_body import joined_body
from chat_core.transport.one_connection import OneConnection

pytestmark = pytest.mark.anyio

ANSWER = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"


def request(peer: Any) -> httpx.Request:
    extensions = {"timeout": {"connect": None, "read": None, "write": None, "pool": None}}
    return httpx.Request("POST", peer.request().url, content=b"{}", extensions=extensions)


async def test_a_body_is_read_below_the_layers_of_httpx_and_httpcore(serve: Any) -> None:
    connection = OneConnection(secure=False, keepalive=30)
    peer = serve(ANSWER)
    for _ in range(2):
        response = await connection.handle_async_request(request(peer))
        chunks = joined_body(response.stream)
        assert chunks is not None
        async with aclosing(chunks):
            assert b"".join([chunk async for chunk in chunks]) == b"abc"
        await response.aclose()
        assert await connection.is_open()
    await connection.aclose()


async def test_a_request_waits_for_no_lock(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = OneConnection(secure=False, keepalive=30)
    peer = serve(ANSWER)

    async def send() -> bytes:
        response = await connection.handle_async_request(request(peer))
        return await response.aread()

    assert await send() == b"abc"
    taken: list[object] = []
    monkeypatch.setattr(anyio.Lock, "acquire", taken.append)
    assert await send() == b"abc"
    assert taken == []
    await connection.aclose()


def test_the_body_of_another_stream_is_not_taken_from_inside_it() -> None:
    for stream in (httpx.ByteStream(b"abc"), httpcore.Response(200, content=b"abc").stream, None):
        assert joined_body(stream) is None


async def test_neither_a_request_nor_a_stream_makes_a_task(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sniffio.current_async_library() == "trio":
        pytest.skip("trio's tasks are in nurseries, and none is opened")
    peer = serve(ANSWER)
    transport = HttpTransport()
    await transport.send(peer.request())
    made: list[object] = []
    monkeypatch.setattr(asyncio, "create_task", made.append)

    tasks = asyncio.all_tasks()
    assert (await transport.send(peer.request())).body == b"abc"
    async with transport.stream(peer.request()) as stream:
        async for _ in stream.bursts():
            assert asyncio.all_tasks() == tasks

    assert made == []
    monkeypatch.undo()
    await transport.aclose()
