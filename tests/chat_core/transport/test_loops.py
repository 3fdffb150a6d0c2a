"""One transport on many event loops: its connections belong to the loop that runs, and end with it."""

import gc
import subprocess
import sys
import threading
from textwrap import dedent
from typing import Any

import anyio
import pytest
from chat_core.transport import Response
from chat_core.transport.http import HttpTransport

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def test_one_loop_after_the_other_asks_without_closing_and_leaves_nothing_open(serve):
    peer = serve(OK)
    transport = HttpTransport()
    for backend in ("asyncio", "trio", "asyncio", "trio"):
        peer.left.clear()
        assert anyio.run(transport.send, peer.request(), backend=backend).body == b"ok"
        assert peer.left.wait(5)  # the loop ended, and with it the connection that was kept
    gc.collect()  # a warning about anything left would be an error here
    assert len(transport._pools._idle._by_loop) == 0


def test_loops_in_several_threads_at_once_share_one_transport(serve):
    peer = serve(OK)
    transport = HttpTransport()
    bodies = []
    barrier = threading.Barrier(6)

    async def ask_often() -> None:
        bodies.extend([(await transport.send(peer.request())).body for _ in range(20)])

    def run(backend: str) -> None:
        barrier.wait()
        anyio.run(ask_often, backend=backend)

    threads = [threading.Thread(target=run, args=(backend,)) for backend in ("asyncio", "trio") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [b"ok"] * 120


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("connections", [1, 2, 5])
def test_a_client_that_is_a_local_of_main_leaves_nothing_open(serve, backend: str, connections: int):
    peer = serve(OK)

    async def main() -> None:
        transport = HttpTransport()
        async with anyio.create_task_group() as group:
            for _ in range(connections):
                group.start_soon(transport.send, peer.request())

    anyio.run(main, backend=backend)
    gc.collect()  # a warning about anything left would be an error here


@pytest.mark.anyio
async def test_a_transport_that_is_dropped_leaves_the_loop_nothing_to_hold(serve, anyio_backend: str):
    if anyio_backend == "trio":
        pytest.skip("trio warns of it, rightly, and then does the same")
    peer = serve(OK)
    await HttpTransport().send(peer.request())
    assert await anyio.to_thread.run_sync(peer.left.wait, 5)


@pytest.mark.parametrize("ending", ["pass", "raise SystemExit(0)", "await anyio.sleep_forever()"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_process_that_ends_with_connections_open_ends_without_a_warning(serve, backend: str, ending: str):
    def stall(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n")
        connection.recv(1)

    peer = serve(OK, stall)
    code = f"""
        import anyio, os, signal
        from chat_core.transport import Request
        from chat_core.transport.http import HttpTransport

        transport = HttpTransport()

        async def main():
            await transport.send(Request("POST", "{peer.origin}"))
            async with transport.stream(Request("POST", "{peer.origin}")) as stream:
                async for burst in stream.bursts():
                    break
                print(burst[0].data, flush=True)
                if "forever" in {ending!r}:
                    os.kill(os.getpid(), signal.SIGINT)
                {ending}

        try:
            anyio.run(main, backend="{backend}")
        except KeyboardInterrupt:
            pass
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(code)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_an_answer_is_a_value_that_outlives_its_loop(serve):
    response = anyio.run(HttpTransport().send, serve(OK).request())
    assert response == Response(200, {"content-length": "2"}, b"ok")
