"""Conversations in Postgres: one table, with their revisions; and the effects of tools."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chat_core import ConversationConflict, Messages
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

TABLES = """
SELECT pg_advisory_xact_lock(0);  -- CREATE IF NOT EXISTS of two programs can collide
CREATE TABLE IF NOT EXISTS conversations
  (id text PRIMARY KEY, revision bigint NOT NULL, next_wake timestamptz, body text NOT NULL, error text);
CREATE TABLE IF NOT EXISTS effects
  (key text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), what text NOT NULL);
"""
INSERT = """INSERT INTO conversations (revision, next_wake, body, id) VALUES (%s, %s, %s, %s)
  ON CONFLICT DO NOTHING"""
UPDATE = """UPDATE conversations SET revision = %s, next_wake = %s, body = %s, error = NULL
  WHERE id = %s AND revision = %s"""


class Store:
    """One database."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncGenerator[Store]:
        """Open the database of a URL, and make its tables where they are not there yet."""
        pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(url, open=False)
        async with pool:
            async with pool.connection() as connection:
                await connection.execute(TABLES)
            yield cls(pool)

    async def load(self, id: str) -> tuple[Messages, int | None]:
        """Return a conversation and the revision that it is stored with; a new one has none."""
        rows = await self._rows("SELECT revision, body FROM conversations WHERE id = %s", id)
        return (Messages.from_json(str(rows[0][1])), int(str(rows[0][0]))) if rows else (Messages(), None)

    async def save(self, id: str, messages: Messages, known: int | None) -> int:
        """Store a conversation that was loaded or stored last with revision `known`, None for a new one.

        Returns the revision that is stored now. Raises `ConversationConflict` where somebody else has stored
        it since.
        """
        revision = messages.revision  # while this waits for the database, other calls may end
        values = [revision, messages.next_wake(), messages.to_json(), id]
        async with self._pool.connection() as connection:
            if known is None:
                done = await connection.execute(INSERT, values)
            else:
                done = await connection.execute(UPDATE, [*values, known])
        if not done.rowcount:
            raise ConversationConflict(f"conversation {id} has changed since it was loaded")
        return revision

    async def note_error(self, id: str, error: str) -> None:
        """Write down why a conversation does not go on; the next time it is stored, that is deleted."""
        async with self._pool.connection() as connection:
            await connection.execute("UPDATE conversations SET error = %s WHERE id = %s", [error, id])

    async def error(self, id: str) -> str | None:
        """Return why a conversation does not go on, or None."""
        rows = await self._rows("SELECT error FROM conversations WHERE id = %s", id)
        return str(rows[0][0]) if rows and rows[0][0] is not None else None

    async def record(self, key: str, what: str) -> None:
        """Write down an effect. A second one of the same call is refused."""
        async with self._pool.connection() as connection:
            await connection.execute("INSERT INTO effects (key, what) VALUES (%s, %s)", [key, what])

    async def effects(self) -> list[str]:
        """Return all effects, in order."""
        return [str(row[0]) for row in await self._rows("SELECT what FROM effects ORDER BY at")]

    async def _rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        async with self._pool.connection() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchall()
