"""Calls from synchronous code: the event loop that they share, and their end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, aclosing, contextmanager
from types import TracebackType
from typing import ClassVar, ParamSpec, Self, TypeVar

from chat_core.chat.read_ahead import ReadAhead
from chat_core.chat.shared_loop import SharedLoop
from chat_core.chat.sync_call import SyncCall
from chat_core.types.errors import ConfigurationError
from chat_core.types.runtime import IN_PYODIDE

A = ParamSpec("A")
T = TypeVar("T")

_GRACE = 1.0  # seconds that a call has to end after a Ctrl-C, before the exception goes on without it


class SyncLoop:
    """An event loop for synchronous code, entered as a block, and what runs on it.

    Raises `ConfigurationError` in Pyodide, which has no threads, and where it is entered twice.
    """

    _example: ClassVar[str]  # how the block is written, for errors
    _within: ClassVar[str]  # what it was made of

    def __init__(self) -> None:
        self._name = type(self).__name__
        if IN_PYODIDE:
            raise ConfigurationError(
                f"{self._name} needs threads, which Pyodide has not: await {self._within}'s own methods"
            )
        self._entered: SharedLoop | None = None
        self._running: dict[SyncCall[object], None] = {}

    def run(self, method: Callable[A, Awaitable[T]], /, *args: A.args, **kwargs: A.kwargs) -> T:
        """Return what an async function or method returns: `sync_client.run(client.moderate, "text")`.

        It runs on the loop of the block, as every other method here does. Raises what it raises.
        """
        return self._call(lambda: method(*args, **kwargs))

    def iterate(
        self, method: Callable[A, AsyncGenerator[T]], /, *args: A.args, **kwargs: A.kwargs
    ) -> AbstractContextManager[Generator[T]]:
        """Yield what an async generator yields: `with sync_client.iterate(client.pull) as events: for ...`.

        It is read some ahead of the consumer; leaving the block closes it.
        """
        return self._read_ahead(aclosing(method(*args, **kwargs)))

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
            raise ConfigurationError(f"use it inside its block: with {self._example}: ...")
        if self._entered.elsewhere:
            raise ConfigurationError(
                f"this {self._name} was entered before the process forked: enter one in the new process"
            )
        if self._entered.is_running_here:
            raise ConfigurationError(
                f"this code runs on the loop of this {self._name}, which cannot wait for itself: "
                f"await the method of {self._within} instead"
            )
        return self._entered

    def __enter__(self) -> Self:
        if self._entered is not None and not self._entered.elsewhere:
            raise ConfigurationError(
                f"this {self._name} is already entered; make another one, or share it between threads"
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
                if (taken := ahead.put(item)) is not None:
                    await taken.wait()
    finally:
        ahead.end()


def _taken(ahead: ReadAhead[T], reader: SyncCall[None]) -> Generator[T]:
    while batch := ahead.take():
        yield from batch
    reader.result()  # raises what ended the source
