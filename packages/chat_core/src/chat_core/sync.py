"""A chat for synchronous code, also where an event loop is already running: notebooks, Django views, scripts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Generic, Self

import anyio
from anyio.abc import TaskStatus
from anyio.from_thread import BlockingPortal, start_blocking_portal
from anyio.streams.memory import MemoryObjectReceiveStream
from typing_extensions import TypeVar

from chat_core.chat.chat import Chat
from chat_core.provider import CompletionProvider, EmbeddingsProvider, Provider, StreamProvider
from chat_core.tools.pause import ChatEvent
from chat_core.types.embeddings import EmbeddingsResponse
from chat_core.types.errors import ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.response import ChatResponse

P_co = TypeVar("P_co", bound=Provider, covariant=True)
R_co = TypeVar("R_co", covariant=True, default=ChatResponse)
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)
A = TypeVar("A")
T = TypeVar("T")
V = TypeVar("V", bound=ChatResponse, default=ChatResponse)

_AHEAD = 256  # events read before the consumer asks for them


class SyncChat(Generic[P_co, R_co, V_co]):
    """The methods of a `Chat`, without `await`: `with SyncChat(chat) as chat:`. Any number of threads may use one.

    An event loop runs in a thread of its own while the block is entered; leaving it ends what still runs.
    """

    def __init__(self, chat: Chat[P_co, R_co, V_co]) -> None:
        self._chat = chat
        self._entered: tuple[AbstractContextManager[BlockingPortal], BlockingPortal] | None = None

    def complete(self: SyncChat[CompletionProvider, R_co, V_co], messages: Messages) -> R_co:
        """`Chat.complete`."""
        return self._call(self._chat.complete, messages)

    def resume(self: SyncChat[CompletionProvider, R_co, V_co], messages: Messages) -> R_co:
        """`Chat.resume`."""
        return self._call(self._chat.resume, messages)

    @contextmanager
    def stream(
        self: SyncChat[StreamProvider, R_co, V_co], messages: Messages
    ) -> Generator[Generator[ChatEvent[V_co]]]:
        """`Chat.stream`: `with chat.stream(messages) as events: for event in events: ...`"""
        portal = self._portal
        finished, (scope, receive) = portal.start_task(_read, self._chat, messages)
        try:
            yield _received(portal, receive, finished)
        finally:
            portal.call(_leave, scope, receive)
            wait([finished])

    def embed(
        self: SyncChat[EmbeddingsProvider, R_co, V_co], inputs: str | Sequence[str]
    ) -> EmbeddingsResponse:
        """`Chat.embed`."""
        return self._call(self._chat.embed, inputs)

    def _call(self, method: Callable[[A], Awaitable[T]], argument: A) -> T:
        running = _Running()
        try:
            return self._portal.call(running.run, method, argument)
        except BaseException:  # Ctrl-C, perhaps: what ends the call here has to end it there
            running.ended = True
            if self._entered is not None:
                self._entered[1].start_task_soon(running.end)
            raise

    @property
    def _portal(self) -> BlockingPortal:
        if self._entered is None:
            raise ConfigurationError("use it inside its block: with SyncChat(chat) as chat: ...")
        return self._entered[1]

    def __enter__(self) -> Self:
        if self._entered is not None:
            raise ConfigurationError(
                "this SyncChat is already entered; make another one, or share it between threads"
            )
        portal = start_blocking_portal()
        self._entered = (portal, portal.__enter__())
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._entered is not None
        (block, portal), self._entered = self._entered, None
        portal.call(
            portal.stop, True
        )  # cancels what other threads still run; the block by itself would wait for it
        block.__exit__(exc_type, exc, traceback)


class _Running:
    """A call in the loop's thread. It can be ended even before it has begun."""

    def __init__(self) -> None:
        self.ended = False
        self._scope: anyio.CancelScope | None = None

    async def run(self, method: Callable[[A], Awaitable[T]], argument: A) -> T:
        with anyio.CancelScope() as self._scope:
            self.end()
            return await method(argument)
        raise CancelledError

    def end(self) -> None:
        if self.ended and self._scope is not None:
            self._scope.cancel()


async def _read(
    chat: Chat[StreamProvider, R_co, V],
    messages: Messages,
    *,
    task_status: TaskStatus[tuple[anyio.CancelScope, MemoryObjectReceiveStream[ChatEvent[V]]]],
) -> None:
    """Read ahead of the consumer, so that it crosses the threads once per batch and not once per event."""
    send, receive = anyio.create_memory_object_stream["ChatEvent[V]"](_AHEAD)
    with anyio.CancelScope() as scope, send:
        task_status.started((scope, receive))
        async with chat.stream(messages) as events:
            async for event in events:
                await send.send(event)


def _received(
    portal: BlockingPortal, receive: MemoryObjectReceiveStream[ChatEvent[V]], finished: Future[None]
) -> Generator[ChatEvent[V]]:
    while batch := portal.call(_batch, receive):
        yield from batch
    finished.result()  # raises what ended the stream


def _leave(scope: anyio.CancelScope, receive: MemoryObjectReceiveStream[ChatEvent[V]]) -> None:
    scope.cancel()
    receive.close()


async def _batch(receive: MemoryObjectReceiveStream[ChatEvent[V]]) -> list[ChatEvent[V]]:
    batch: list[ChatEvent[V]] = []
    try:
        batch.append(await receive.receive())
        while True:
            batch.append(receive.receive_nowait())
    except (anyio.EndOfStream, anyio.WouldBlock):
        return batch
