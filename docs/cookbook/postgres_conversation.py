"""A conversation in Postgres: two processes that continue it at once go one after the other.

python docs/cookbook/postgres_conversation.py postgresql://localhost/app "What is a fjord?"
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, Messages

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")
TABLE = "CREATE TABLE IF NOT EXISTS conversations (id text PRIMARY KEY, revision bigint, body jsonb)"
SAVE = """INSERT INTO conversations VALUES (%s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, body = excluded.body"""


class Conversations:
    """Conversations in a database."""

    def __init__(self, url: str) -> None:
        self.url = url

    @asynccontextmanager
    async def locked(self, id: str) -> AsyncIterator[Messages]:
        """Give a conversation that no other process has meanwhile; Postgres lets go of it if this one
        dies.
        """
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            await connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [id])
            try:
                found = await connection.execute("SELECT body::text FROM conversations WHERE id = %s", [id])
                row = await found.fetchone()
                yield Messages.from_json(row[0]) if row else Messages()
            finally:
                await connection.execute("SELECT pg_advisory_unlock(hashtext(%s))", [id])

    async def save(self, id: str, messages: Messages) -> None:
        """Store a conversation, at once, on a connection of its own."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            await connection.execute(SAVE, [id, messages.revision, messages.to_json()])


async def main(url: str, question: str) -> None:
    """Ask a question in the conversation "main"."""
    conversations = Conversations(url)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("SELECT pg_advisory_lock(0)")  # CREATE IF NOT EXISTS can collide
        await connection.execute(TABLE)
    async with ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4").build() as client:
        chat = (
            ChatBuilder()
            .with_model(client)
            .with_checkpoint(lambda messages: conversations.save("main", messages))
            .build()
        )
        async with conversations.locked("main") as messages:
            response = await chat.complete(messages.add_user(question))
            print(f"{response.text} ({len(messages)} messages are stored)")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
