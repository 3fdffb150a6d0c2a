"""A chat for synchronous code, also where an event loop is running: notebooks, Django views, scripts."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager
from threading import Thread
from types import TracebackType
from typing import Generic, Self

import anyio
from anyio.from_thread import BlockingPortal
from typing_extensions import TypeVar

from chat_core.chat.chat import Chat
from chat_core.chat.read_ahead import ReadAhead
from chat_core.provider import (
    CompletionProvider,
    EmbeddingsProvider,
    Provider,
    RerankProvider,
    StreamProvider,
)
from chat_core.tools.pause import ChatEvent
from chat_core.tools.threads import WAITING
from chat_core.types.embeddings import EmbeddingsResponse
from chat_core.types.errors import ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.rerank import RerankResponse
from chat_core.types.response import ChatResponse

P_co = TypeVar("P_co", bound=Provider, covariant=True)
R_co = TypeVar("R_co", covariant=True, default=ChatResponse)
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)
T = TypeVar("T")
V = TypeVar("V", bound=ChatResponse, default=ChatResponse)

_GRACE = 1.0  # seconds that a call has to end after a Ctrl-C, before the exception goes on without it


class SyncChat(Generic[P_co, R_co, V_co]):
    """The methods of a `Chat`, without `await`:

    `with SyncChat(chat) as chat:`. Any number of threads may use one.

    An event loop runs in a thread of its own while the block is entered; leaving it ends what still runs. A
    process that forks enters it after the fork: the thread does not come along.
    """

    def __init__(self, chat: Chat[P_co, R_co, V_co]) -> None:
        self._chat = chat
        self._entered: _LoopThread | None = None
        self._ends: set[Callable[[bool], None]] = set()  # of the calls that run

    def complete(
        self: SyncChat[CompletionProvider, R_co, V_co], messages: Messages | str, *, deps: object = None
    ) -> R_co:
        """Do what `Chat.complete` does."""
        return self._call(lambda: self._chat.complete(messages, deps=deps))

    def resume(
        self: SyncChat[CompletionProvider, R_co, V_co], messages: Messages, *, deps: object = None
    ) -> R_co:
        """Do what `Chat.resume` does."""
        return self._call(lambda: self._chat.resume(messages, deps=deps))

    @contextmanager
    def stream(
        self: SyncChat[StreamProvider, R_co, V_co], messages: Messages, *, deps: object = None
    ) -> Generator[Generator[ChatEvent[V_co]]]:
        """Yield what `Chat.stream` yields: `with chat.stream(messages) as events: for event in events: ...`

        The text of a turn is read ahead of the consumer; a tool runs, and a turn is begun, only when the
        consumer has taken the events before it.
        """
        portal = self._portal
        ahead = ReadAhead[ChatEvent[V_co]]()
        running = _Running(lambda: _read(self._chat, messages, deps, ahead))
        try:
            yield _taken(portal, ahead, self._start(running))
        except BaseException as exc:
            self._end(running, at_once=not isinstance(exc, Exception))
            raise
        else:
            self._end(running, at_once=False)

    def embed(
        self: SyncChat[EmbeddingsProvider, R_co, V_co], inputs: str | Sequence[str]
    ) -> EmbeddingsResponse:
        """Do what `Chat.embed` does."""
        return self._call(lambda: self._chat.embed(inputs))

    def rerank(
        self: SyncChat[RerankProvider, R_co, V_co],
        query: str,
        documents: Sequence[str],
        *,
        top_n: int | None = None,
    ) -> RerankResponse:
        """`Chat.rerank`."""
        return self._call(lambda: self._chat.rerank(query, documents, top_n=top_n))

    def _call(self, method: Callable[[], Awaitable[T]]) -> T:
        running = _Running(method)
        try:
            return self._start(running).result()
        except (
            BaseException
        ) as exc:  # Ctrl-C, perhaps, at any point: what ends the call here has to end it there
            self._end(running, at_once=not isinstance(exc, Exception))
            raise
        finally:
            self._ends.discard(running.end)

    def _start(self, running: _Running[T]) -> Future[T]:
        portal = self._portal
        self._ends.add(running.end)
        running.future = portal.start_task_soon(running.run)
        return running.future

    def _end(self, running: _Running[T], *, at_once: bool) -> None:
        """End a call and wait for it; `at_once` leaves the threads of its tools behind, and waits for
        `_GRACE` at most.
        """
        future = running.future
        if running.end in self._ends and not (future is not None and future.done()):
            self._portal.start_task_soon(running.end, at_once)
            if future is not None:
                wait([future], timeout=_GRACE if at_once else None)
        self._ends.discard(running.end)

    @property
    def _portal(self) -> BlockingPortal:
        if self._entered is None:
            raise ConfigurationError("use it inside its block: with SyncChat(chat) as chat: ...")
        if self._entered.elsewhere:
            raise ConfigurationError(
                "this SyncChat was entered before the process forked: enter one in the new process"
            )
        return self._entered.portal

    def __enter__(self) -> Self:
        if self._entered is not None and not self._entered.elsewhere:
            raise ConfigurationError(
                "this SyncChat is already entered; make another one, or share it between threads"
            )
        self._entered = _LoopThread()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._entered is not None
        loop, self._entered = self._entered, None
        ends, self._ends = self._ends, set()
        if loop.elsewhere:
            return  # the thread of the loop has stayed in the other process
        for end in ends:
            loop.portal.start_task_soon(end, exc is not None and not isinstance(exc, Exception))
        loop.stop()


class _LoopThread:
    """An event loop in a thread of its own, begun at once."""

    def __init__(self) -> None:
        self._process = os.getpid()
        started: Future[BlockingPortal] = Future()
        self._thread = Thread(target=_run, args=(started,), name="chat-loop", daemon=True)
        self._thread.start()
        self.portal = started.result()

    @property
    def elsewhere(self) -> bool:
        """Whether it runs in the process that this one was forked from."""
        return self._process != os.getpid()

    def stop(self) -> None:
        """Cancel what still runs on the loop, in any thread's name, and wait until the loop has ended."""
        try:
            self.portal.call(self.portal.stop, True)
        finally:
            self._thread.join()


def _run(started: Future[BlockingPortal]) -> None:
    try:
        anyio.run(_serve, started)
    except BaseException as exc:
        if started.done():
            raise
        started.set_exception(exc)  # there is no loop: no file descriptors left, for example


async def _serve(started: Future[BlockingPortal]) -> None:
    async with BlockingPortal() as portal:
        started.set_result(portal)
        await portal.sleep_until_stopped()


class _Running(Generic[T]):
    """A call in the loop's thread. It can be ended even before it has begun."""

    def __init__(self, method: Callable[[], Awaitable[T]]) -> None:
        self.future: Future[T] | None = None
        self._method = method
        self._ended = False
        self._scope: anyio.CancelScope | None = None
        self._threads: set[anyio.CancelScope] = set()

    async def run(self) -> T:
        WAITING.set(self._threads)
        with anyio.CancelScope() as self._scope:
            if self._ended:
                self._scope.cancel()
            return await self._method()
        raise CancelledError

    def end(self, at_once: bool) -> None:
        """Cancel the call; `at_once` does not wait for the threads of its tools, which cannot be stopped."""
        self._ended = True
        if at_once:
            for scope in self._threads:
                scope.shield = False
        if self._scope is not None:
            self._scope.cancel()


async def _read(
    chat: Chat[StreamProvider, R_co, V], messages: Messages, deps: object, ahead: ReadAhead[ChatEvent[V]]
) -> None:
    """Read ahead of the consumer, so that it crosses the threads once per batch and not once per event."""
    try:
        async with chat.stream(messages, deps=deps) as events:
            async for event in events:
                await ahead.put(event)
    finally:
        ahead.end()


def _taken(
    portal: BlockingPortal, ahead: ReadAhead[ChatEvent[V]], reader: Future[None]
) -> Generator[ChatEvent[V]]:
    while batch := portal.call(ahead.take):
        yield from batch
    reader.result()  # raises what ended the stream
