"""Where a cache stores turns: how many, how long, and for whom."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import anyio
import pytest
from chat_core import ConfigurationError
from chat_core.middleware import MemoryStore, SqliteStore

pytestmark = pytest.mark.anyio


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_what_is_too_old_is_not_there(kind: str, tmp_path: Path) -> None:
    clock = Clock()
    store: Any = MemoryStore(max_age=60, clock=clock)
    if kind == "sqlite":
        store = SqliteStore(tmp_path / "cache.db", max_age=60, clock=clock)
    await store.set("a", "text")
    clock.now = 60.0
    assert await store.get("a") == "text"
    clock.now = 61.0
    assert await store.get("a") is None
    await store.set("b", "text")
    assert await store.get("b") == "text"


async def test_memory_keeps_what_was_used_last() -> None:
    store = MemoryStore(max_entries=2)
    await store.set("a", "1")
    await store.set("b", "2")
    assert await store.get("a") == "1"
    await store.set("c", "3")

    assert [await store.get(key) for key in "abc"] == ["1", None, "3"]
    store.clear()
    assert len(store) == 0
    with pytest.raises(ConfigurationError, match="max_entries"):
        MemoryStore(max_entries=0)


async def test_a_file_is_shared_and_can_be_cleared(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    one, two = SqliteStore(path), SqliteStore(str(path))
    async with anyio.create_task_group() as tasks:
        for at in range(10):
            tasks.start_soon((one if at % 2 else two).set, str(at), f"text {at}")
    assert [await two.get(str(at)) for at in range(10)] == [f"text {at}" for at in range(10)]
    await one.set("1", "new")
    assert await two.get("1") == "new"
    await one.clear()
    assert await two.get("1") is None


async def test_what_is_too_old_is_deleted_from_the_file(tmp_path: Path) -> None:
    clock = Clock()
    store = SqliteStore(tmp_path / "cache.db", max_age=60, clock=clock)
    await store.set("a", "text")
    clock.now = 100.0
    await store.set("b", "text")
    connection = sqlite3.connect(tmp_path / "cache.db")
    assert connection.execute("SELECT key FROM turns").fetchall() == [("b",)]
    connection.close()


async def test_a_file_that_is_no_database_raises(tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_text("this is no database, and long enough to be seen as none")
    with pytest.raises(sqlite3.Error):
        await SqliteStore(tmp_path / "cache.db").get("a")
