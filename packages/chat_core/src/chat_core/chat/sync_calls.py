"""Calls of a chat from synchronous code: the event loop that they share, and their end."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import Generic, Self

from typing_extensions import TypeVar

from chat_core.chat.chat import Chat
from chat_core.chat.read_ahead import ReadAhead
from chat_core.chat.shared_loop import SharedLoop
from chat_core.chat.sync_call import SyncCall
from chat_core.provider import Provider
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import checked_instance
from chat_core.types.response import ChatResponse
from chat_core.types.runtime import IN_PYODIDE

P_co = TypeVar("P_co", bound=Provider, covariant=True)
R_co = TypeVar("R_co", covariant=True, default=ChatResponse)
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)
D_contra = TypeVar("D_contra", contravariant=True, default=object)
T = TypeVar("T")

_GRACE = 1.0  # seconds that a call has to end after a Ctrl-C, before the exception goes on without it


class SyncCalls(Generic[P_co, R_co, V_co, D_contra]):
    """A chat, and the loop on which its methods run. The type parameters are those of `Chat`."""

    def __init__(self, chat: Chat[P_co, R_co, V_co, D_contra]) -> None:
        instead = "write ChatBuilder().with_model(client).build() first"
        checked_instance(chat, Chat, "SyncChat", instead)
        if IN_PYODIDE:
            raise ConfigurationError(
                "SyncChat needs threads, which Pyodide has not: await the chat's own methods"
            )
        self._chat = chat
        self._entered: SharedLoop | None = None
        self._running: dict[SyncCall[object], None] = {}

    def _call(self, method: Callable[[], Awaitable[T]]) -> T:
        call = SyncCall(self._loop, method)
        try:
            self._start(call)
            return call.result()
        except (
            BaseException
        ) as exc:  # Ctrl-C, perhaps, at any point: what ends the call here has to end it there
            self._end(call, at_once=not isinstance(exc, Exception))
            raise
        finally:
            self._running.pop(call, None)

    @contextmanager
    def _read_ahead(self, source: AbstractAsyncContextManager[AsyncIterable[T]]) -> Generator[Generator[T]]:
        """Yield what the source yields; it is read ahead of the consumer, and closed at the end."""
        loop = self._loop
        ahead = ReadAhead[T](loop)
        call = SyncCall(loop, lambda: _read(source, ahead))
        try:
            self._start(call)
            yield _taken(ahead, call)
        except BaseException as exc:
            self._end(call, at_once=not isinstance(exc, Exception))
            raise
        else:
            self._end(call, at_once=False)

    def _start(self, call: SyncCall[T]) -> None:
        self._running[call] = None
        call.start()

    def _end(self, call: SyncCall[T], *, at_once: bool) -> None:
        """End a call and wait for it; `at_once` leaves the threads of its tools behind, and waits for
        `_GRACE` at most.
        """
        if call in self._running and not call.ended:
            call.end(at_once)
            call.wait(_GRACE if at_once else None)
        self._running.pop(call, None)

    @property
    def _loop(self) -> SharedLoop:
        if self._entered is None:
            raise ConfigurationError("use it inside its block: with SyncChat(chat) as chat: ...")
        if self._entered.elsewhere:
            raise ConfigurationError(
                "this SyncChat was entered before the process forked: enter one in the new process"
            )
        if self._entered.is_running_here:
            raise ConfigurationError(
                "this code runs on the loop of this SyncChat, which cannot wait for itself: "
                "await the method of the Chat instead"
            )
        return self._entered

    def __enter__(self) -> Self:
        if self._entered is not None and not self._entered.elsewhere:
            raise ConfigurationError(
                "this SyncChat is already entered; make another one, or share it between threads"
            )
        self._entered = SharedLoop()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._entered is not None
        loop, self._entered = self._entered, None
        running, self._running = list(self._running), {}
        if loop.elsewhere:
            return  # it still runs in the other process
        for call in running:
            call.end(exc is not None and not isinstance(exc, Exception))
        for call in running:
            call.wait()
        loop.close()


async def _read(source: AbstractAsyncContextManager[AsyncIterable[T]], ahead: ReadAhead[T]) -> None:
    """Read ahead of the consumer, so that the loop is run once per batch and not once per item."""
    try:
        async with source as items:
            async for item in items:
                await ahead.put(item)
    finally:
        ahead.end()


def _taken(ahead: ReadAhead[T], reader: SyncCall[None]) -> Generator[T]:
    while batch := ahead.take():
        yield from batch
    reader.result()  # raises what ended the source
