"""Cancelled at any step, once or more, a request leaves nothing behind: no connection, no task; and the next
request works.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import anyio.abc
import anyio.lowlevel
import httpx
import httpx2
import pytest
import sniffio
from chat_core.transport import AioHttpTransport, Request, events_from_bursts
from chat_core.transport.http import HttpTransport

EVENTS = 4
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
CLIENTS: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "httpx": httpx.AsyncClient,
    "httpx2": httpx2.AsyncClient,
    "aiohttp": lambda: None,
}


async def send(transport: HttpTransport, request: Request) -> None:
    assert (await transport.send(request)).body.count(b"data") == EVENTS


async def read_all(transport: HttpTransport, request: Request) -> None:
    async with transport.stream(request) as stream:
        assert [event.data async for event in events_from_bursts(stream.bursts())] == [
            str(i) for i in range(EVENTS)
        ]


async def leave_early(transport: HttpTransport, request: Request) -> None:
    async with transport.stream(request) as stream:
        async for _ in stream.bursts():
            break


async def leave_unread(transport: HttpTransport, request: Request) -> None:
    async with transport.stream(request):
        pass


async def fail_inside(transport: HttpTransport, request: Request) -> None:
    with suppress(KeyError):
        async with transport.stream(request) as stream:
            async for _ in stream.bursts():
                raise KeyError


async def read_and_close(transport: HttpTransport, request: Request) -> None:
    await transport.send(request)
    await transport.aclose()


OPERATIONS = [send, read_all, leave_early, leave_unread, fail_inside, read_and_close]


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_native_cancellation_at_any_step_leaves_nothing(
    operation: Callable[[HttpTransport, Request], Coroutine[object, None, None]],
    client: str,
    times: int,
    open_connections: Any,
):
    async def main() -> None:
        async with slow_server() as url, using(client, open_connections) as (transport, pool):
            request = Request("POST", url)
            await transport.send(request)  # so that a connection waits in the pool
            before = asyncio.all_tasks()
            for steps in range(10_000):
                task = asyncio.create_task(operation(transport, request))
                for _ in range(steps):
                    await asyncio.sleep(0)
                for _ in range(times):
                    task.cancel()
                    await asyncio.sleep(0)
                (outcome,) = await asyncio.gather(task, return_exceptions=True)

                assert pool() == []
                assert [
                    left for left in asyncio.all_tasks() - before if "slow_server" not in repr(left)
                ] == []
                if outcome is None:
                    assert steps > EVENTS
                    break
                assert isinstance(outcome, asyncio.CancelledError)
            await send(transport, request)

    asyncio.run(main())


@pytest.mark.anyio
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_cancelled_scope_at_any_step_leaves_nothing(
    operation: Callable[[HttpTransport, Request], Coroutine[object, None, None]],
    client: str,
    open_connections: Any,
):
    if client == "aiohttp" and sniffio.current_async_library() == "trio":
        pytest.skip("aiohttp runs on asyncio only")
    async with slow_server() as url, using(client, open_connections) as (transport, pool):
        request = Request("POST", url)
        await transport.send(request)
        for steps in range(10_000):
            async with anyio.create_task_group() as group:
                done: list[bool] = []

                async def run(done: list[bool] = done) -> None:
                    await operation(transport, request)
                    done.append(True)

                group.start_soon(run)
                for _ in range(steps):
                    await anyio.lowlevel.checkpoint()
                group.cancel_scope.cancel()
            assert pool() == []
            if done:
                assert steps > EVENTS
                break
        await send(transport, request)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_time_limit_around_a_stream_is_a_timeout_and_no_cancellation(open_connections: Any):
    async with slow_server(for_ever=True) as url, using("none", open_connections) as (transport, pool):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), transport.stream(Request("POST", url)) as stream:
                [burst async for burst in stream.bursts()]
        assert pool() == []
        assert not asyncio.current_task().cancelling()


@asynccontextmanager
async def slow_server(*, for_ever: bool = False) -> AsyncIterator[str]:
    """In this loop, so that the steps of both sides are always the same: an event, a turn of the loop, an
    event.
    """

    async def answer(connection: anyio.abc.SocketStream) -> None:
        async with connection:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                while True:
                    await connection.receive()
                    await connection.send(HEAD)
                    count = 0
                    while count < EVENTS or for_ever:
                        await connection.send(b"9\r\ndata: %d\n\n\r\n" % (count % 10))
                        count += 1
                    await connection.send(b"0\r\n\r\n")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, answer)
        yield f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
        group.cancel_scope.cancel()


@asynccontextmanager
async def using(
    name: str, open_connections: Callable[..., list[object]]
) -> AsyncIterator[tuple[HttpTransport, Callable[[], list[object]]]]:
    """A transport, and what is taken in its pool of connections."""
    client = CLIENTS[name]()
    transport: Any = AioHttpTransport() if name == "aiohttp" else HttpTransport(client=client)

    def taken() -> list[object]:
        if client is None:
            return open_connections(None if name == "aiohttp" else transport, idle=False)
        pool = client._transport._pool
        return [*(c for c in pool.connections if not c.is_idle()), *pool._requests]

    yield transport, taken
    await transport.aclose()
    if client is not None:
        await client.aclose()
