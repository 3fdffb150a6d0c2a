"""Idle connections, per event loop and address: a loop can use none but its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from math import inf
from typing import Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary, finalize

import anyio
from anyio import CancelScope

from chat_core.transport.event_loops import EventLoop, running_loop


class Idle(Protocol):
    """What is kept: `idle_since` is a time of the loop's clock."""

    idle_since: float

    async def aclose(self) -> None: ...


C = TypeVar("C", bound=Idle)


class IdleConnections(Generic[C]):
    """The idle connections of one transport, each for at most `seconds`.

    They are closed with their loop, if not before.
    """

    def __init__(self, seconds: float = inf) -> None:
        self._seconds = seconds
        self._by_loop: WeakKeyDictionary[EventLoop, _OfLoop[C]] = WeakKeyDictionary()
        finalize(self, _close_dropped, self._by_loop).atexit = False

    async def take(self, address: Hashable, prefers: Callable[[C], bool] | None = None) -> C | None:
        """Return a connection and leave it to the caller: one that `prefers` accepts, or else the one used
        last.
        """
        of_loop = self._by_loop.get(running_loop())
        connections = None if of_loop is None else of_loop.connections.get(address)
        if not connections:
            return None
        await self._close_expired(connections)
        if prefers is not None and (preferred := next(filter(prefers, connections), None)) is not None:
            connections.remove(preferred)
            return preferred
        return connections.pop() if connections else None

    async def add(self, address: Hashable, connection: C) -> None:
        """Keep a connection that is free again."""
        connection.idle_since = anyio.current_time()
        loop = running_loop()
        of_loop = self._by_loop.get(loop)
        if of_loop is None:
            of_loop = self._by_loop[loop] = _OfLoop()
            await loop.close_at_end(of_loop)
        of_loop.connections.setdefault(address, deque()).append(connection)

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        of_loop = self._by_loop.get(running_loop())
        if of_loop is not None:
            await of_loop.aclose()

    async def _close_expired(self, connections: deque[C]) -> None:
        """Close at most two connections, the oldest: each request pays for no more than it may leave
        behind.
        """
        for _ in range(2):
            if not connections or connections[0].idle_since + self._seconds > anyio.current_time():
                return
            await _close(connections.popleft())


class _OfLoop(Generic[C]):
    """The idle connections of one event loop, by address."""

    def __init__(self) -> None:
        self.connections: dict[Hashable, deque[C]] = {}

    async def aclose(self) -> None:
        """Close all.

        One that is not closed to the end, because the loop ends meanwhile, is closed with the loop.
        """
        while self.connections:
            of_address = next(iter(self.connections.values()))
            while of_address:
                connection = of_address[-1]
                await _close(connection)
                if connection in of_address:  # else another task has closed it too
                    of_address.remove(connection)
            self.connections = {address: rest for address, rest in self.connections.items() if rest}


async def _close(connection: Idle) -> None:
    with CancelScope(shield=True):
        await connection.aclose()


def _close_dropped(by_loop: WeakKeyDictionary[EventLoop, _OfLoop[C]]) -> None:
    """Close the connections of a transport that was garbage-collected."""
    for loop, of_loop in list(by_loop.items()):
        loop.drop(of_loop)
