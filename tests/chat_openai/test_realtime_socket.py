"""Sessions over real sockets: how they end, go on, and let go."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import anyio
import pytest
from chat_core import Chat, ChatBuilder, Done, Messages, RetryPolicy, StreamTruncated
from chat_core.realtime import RealtimeSession, Reconnected
from chat_openai import OpenAIBuilder
from realtime_server import created, turn, words
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

pytestmark = pytest.mark.anyio
Plays: TypeAlias = Callable[["Peer"], None]


def wait_for_close(socket: ServerConnection) -> None:
    """Take what the client sends until it closes. Raises `TimeoutError` where it does not."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(10)


class Peer:
    """The server's side of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.sent: list[dict[str, Any]] = []
        self.send({"type": "session.created", "session": {"model": "m"}})
        self.until("session.update")
        self.send({"type": "session.updated", "session": {"model": "m"}})

    def send(self, *frames: dict[str, Any]) -> None:
        for frame in frames:
            self.socket.send(json.dumps(frame))

    def until(self, kind: str) -> None:
        """Take what the client sends, up to an event of this type."""
        while not self.sent or self.sent[-1]["type"] != kind:
            self.sent.append(json.loads(self.socket.recv(10)))

    def closed(self) -> None:
        """Wait for the client to close the connection."""
        wait_for_close(self.socket)


class Server:
    def __init__(self, *plays: Plays) -> None:
        self.url = ""
        self.peers: list[Peer] = []
        self.errors: list[Exception] = []
        self.ended = threading.Semaphore(0)
        self._plays = list(plays)

    def handle(self, socket: ServerConnection) -> None:
        try:
            self.peers.append(Peer(socket))
            self._plays[len(self.peers) - 1](self.peers[-1])
        except Exception as error:
            self.errors.append(error)
        self.ended.release()

    async def all_ended(self) -> None:
        """Wait for the end of each play, and raise what went wrong in one."""
        for _ in self._plays:
            assert await anyio.to_thread.run_sync(self.ended.acquire, True, 10)
        assert self.errors == []


@contextmanager
def serving(*plays: Plays) -> Iterator[Server]:
    playing = Server(*plays)
    with serve(playing.handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        playing.url = f"http://127.0.0.1:{server.socket.getsockname()[1]}/v1"
        try:
            yield playing
        finally:
            server.shutdown()
            thread.join()


def chat(server: Server) -> Chat[Any, Any, Any, Any]:
    builder = OpenAIBuilder().with_model("m").with_api_key("k").with_base_url(server.url).with_realtime()
    policy = RetryPolicy(base_delay=0.0)
    return ChatBuilder().with_model(builder.with_output("text").build()).with_retry(policy).build()


async def until_done(session: RealtimeSession) -> list[object]:
    events: list[object] = []
    async for event in session:
        events.append(event)
        if isinstance(event, Done):
            break
    return events


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1011])
async def test_a_close_during_an_answer_is_an_error_with_what_had_come(code: int) -> None:
    def play(peer: Peer) -> None:
        peer.until("response.create")
        peer.send(created(), words("Hel"))
        peer.socket.close(code, "the end")

    with serving(play) as server:
        messages = Messages()
        async with chat(server).session(messages) as session:
            await session.send("Hi")
            with pytest.raises(StreamTruncated, match=str(code)) as caught:
                await until_done(session)
        await server.all_ended()
    assert caught.value.partial.text == "Hel"
    assert [(m.text, m.interrupted) for m in messages] == [("Hi", False), ("Hel", True)]


@pytest.mark.parametrize("breaks", [False, True], ids=["closed", "broken"])
async def test_a_session_goes_on_over_the_next_connection(breaks: bool) -> None:
    def first(peer: Peer) -> None:
        peer.until("response.create")
        peer.send(*turn("Hello"))
        peer.until("response.create") if breaks else None
        peer.socket.socket.close() if breaks else peer.socket.close(1001)

    def second(peer: Peer) -> None:
        peer.until("response.create")
        peer.send(*turn("Again", "r2"))
        peer.closed()

    with serving(first, second) as server:
        async with chat(server).session(reconnect=True) as session:
            await session.send("Hi")
            await until_done(session)
            assert await anext(session) == Reconnected()
            await session.send("And?")
            await until_done(session)
        await server.all_ended()
    items = [frame["item"]["content"][0]["text"] for frame in server.peers[1].sent if "item" in frame]
    assert items == ["Hi", "Hello", "And?"]
    assert [m.text for m in session.messages] == ["Hi", "Hello", "And?", "Again"]


async def test_a_cancelled_session_lets_go_of_its_connection_at_once() -> None:
    def play(peer: Peer) -> None:
        peer.until("response.create")
        peer.send(created(), words("Hel"))
        peer.closed()

    with serving(play) as server:
        with anyio.CancelScope() as scope:
            async with chat(server).session() as session:
                await session.send("Hi")
                async for _ in session:
                    scope.cancel()
        await server.all_ended()
    assert [m.text for m in session.messages] == ["Hi", "Hel"]


async def test_a_session_that_is_left_while_it_reconnects_lets_go_too() -> None:
    def first(peer: Peer) -> None:
        peer.socket.close(1011)

    reconnecting = threading.Event()

    def second(peer: Peer) -> None:
        peer.closed()

    class Slow(Server):
        def handle(self, socket: ServerConnection) -> None:
            if self.peers:  # the second connection never takes the settings
                reconnecting.set()
                wait_for_close(socket)
                self.ended.release()
            else:
                super().handle(socket)

    playing = Slow(first, second)
    with serve(playing.handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        playing.url = f"http://127.0.0.1:{server.socket.getsockname()[1]}/v1"
        async with chat(playing).session(reconnect=True) as session, anyio.create_task_group() as tasks:
            tasks.start_soon(until_done, session)
            assert await anyio.to_thread.run_sync(reconnecting.wait, 10)
            tasks.cancel_scope.cancel()
        await playing.all_ended()
        server.shutdown()
        thread.join()
