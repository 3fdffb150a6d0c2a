"""Where a cache stores turns: in memory, or in a file of SQLite."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing
from os import PathLike, fspath
from typing import TYPE_CHECKING, Protocol, TypeVar

import anyio.to_thread

from chat_core.types.misuse import checked_count
from chat_core.types.runtime import IN_PYODIDE

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")


class CacheStore(Protocol):
    """Keeps texts by key. What it raises is logged, and the turn is had from the provider."""

    async def get(self, key: str, /) -> str | None:
        """Return the text that is stored under a key, or None."""
        ...

    async def set(self, key: str, text: str, /) -> None:
        """Store a text under a key."""
        ...


class MemoryStore:
    """Keeps turns in this process: the `max_entries` that were used last, each for `max_age` seconds.

    Raises `ConfigurationError` for less than one entry.
    """

    def __init__(
        self,
        *,
        max_entries: int = 1000,
        max_age: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._max_entries = checked_count(max_entries, "MemoryStore(max_entries=...)", least=1)
        self._max_age = max_age
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    async def get(self, key: str, /) -> str | None:
        """Return the text that is stored under a key, or None."""
        if key not in self._entries:
            return None
        stored, text = self._entries[key]
        if self._max_age is not None and self._clock() - stored > self._max_age:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return text

    async def set(self, key: str, text: str, /) -> None:
        """Store a text under a key."""
        self._entries[key] = (self._clock(), text)
        self._entries.move_to_end(key)
        while len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()


class SqliteStore:
    """Keeps turns in a file, each for `max_age` seconds. Several processes may share it.

    The conversations are in it as they are: it needs the protection that they need. Each access runs in a
    worker thread.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        max_age: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = fspath(path)
        self._max_age = max_age
        self._clock = clock

    async def get(self, key: str, /) -> str | None:
        """Return the text that is stored under a key, or None. Raises `sqlite3.Error`."""
        since = float("-inf") if self._max_age is None else self._clock() - self._max_age

        def read(connection: Connection) -> str | None:
            query = "SELECT text FROM turns WHERE key = ? AND stored >= ?"
            row = connection.execute(query, (key, since)).fetchone()
            return str(row[0]) if row else None

        return await self._run(read)

    async def set(self, key: str, text: str, /) -> None:
        """Store a text under a key, and delete what is too old. Raises `sqlite3.Error`."""
        now = self._clock()

        def write(connection: Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO turns VALUES (?, ?, ?)", (key, now, text))
            if self._max_age is not None:
                connection.execute("DELETE FROM turns WHERE stored < ?", (now - self._max_age,))

        await self._run(write)

    async def clear(self) -> None:
        """Forget everything. Raises `sqlite3.Error`."""

        def delete(connection: Connection) -> None:
            connection.execute("DELETE FROM turns")

        await self._run(delete)

    async def _run(self, action: Callable[[Connection], T]) -> T:
        import sqlite3  # here: not every build of Python has it

        def run() -> T:
            with closing(sqlite3.connect(self._path, timeout=10.0)) as connection, connection:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS turns "
                    "(key TEXT PRIMARY KEY, stored REAL NOT NULL, text TEXT NOT NULL)"
                )
                return action(connection)

        return run() if IN_PYODIDE else await anyio.to_thread.run_sync(run)
