"""Conversations in SQLite: with their revisions, what was postponed, and the effects of tools."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from chat_core import ConversationConflict, Messages

TABLES = """
CREATE TABLE IF NOT EXISTS conversations (id TEXT PRIMARY KEY, revision INTEGER, next_wake TEXT, body TEXT);
CREATE TABLE IF NOT EXISTS postponed
  (conversation TEXT, call TEXT, until TEXT, PRIMARY KEY (conversation, call));
CREATE TABLE IF NOT EXISTS effects (key TEXT PRIMARY KEY, at TEXT, what TEXT);
"""


class Store:
    """One SQLite file. Its methods may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._one_at_a_time = threading.Lock()
        self._database.executescript(TABLES)

    def load(self, id: str) -> Messages | None:
        """Return a conversation, or None where there is none."""
        rows = self._rows("SELECT body FROM conversations WHERE id = ?", id)
        return Messages.from_json(str(rows[0][0])) if rows else None

    def save(self, id: str, messages: Messages, known: int | None) -> int:
        """Store a conversation that was loaded with revision `known`, None for a new one.

        Returns its revision now. Raises `ConversationConflict` where somebody else has stored it since.
        """
        wake = messages.next_wake()
        with self._transaction():
            found = self._database.execute("SELECT revision FROM conversations WHERE id = ?", [id]).fetchone()
            if (found[0] if found else None) != known:
                raise ConversationConflict(f"conversation {id} has changed since it was loaded")
            self._database.execute(
                "INSERT OR REPLACE INTO conversations VALUES (?, ?, ?, ?)",
                [id, messages.revision, wake and wake.astimezone(UTC).isoformat(), messages.to_json()],
            )
        return messages.revision

    def due(self, now: datetime) -> list[str]:
        """Return the conversations in which a scheduled call is due."""
        due = "SELECT id FROM conversations WHERE next_wake <= ?"
        return [str(row[0]) for row in self._rows(due, now.astimezone(UTC).isoformat())]

    def postpone(self, conversation: str, call: str, until: datetime) -> None:
        """Leave a call for later: it goes on waiting, and is shown among the postponed ones until then."""
        values = conversation, call, until.astimezone(UTC).isoformat()
        self._rows("INSERT OR REPLACE INTO postponed VALUES (?, ?, ?)", *values)

    def postponed(self, conversation: str) -> dict[str, str]:
        """Return until when calls of a conversation are postponed, by their ids."""
        rows = self._rows("SELECT call, until FROM postponed WHERE conversation = ?", conversation)
        return {str(call): str(until) for call, until in rows}

    def record(self, key: str, what: str) -> None:
        """Write down the effect of a call. A second one of the same call is refused."""
        self._rows("INSERT INTO effects VALUES (?, ?, ?)", key, datetime.now(UTC).isoformat(), what)

    def effects(self) -> list[str]:
        """Return all effects, in order."""
        return [str(row[0]) for row in self._rows("SELECT what FROM effects ORDER BY at")]

    def _rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with self._one_at_a_time:
            return self._database.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._one_at_a_time:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
