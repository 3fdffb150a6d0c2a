"""A conversation in SQLite: each run asks one question, and the next run knows of it.

python docs/cookbook/sqlite_conversation.py conversations.db "What is a fjord?"
"""

import asyncio
import os
import sqlite3
import sys

from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ConversationConflict, Messages

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")


class Conversations:
    """Conversations in a file. A save over a revision that was not loaded here is refused."""

    def __init__(self, path: str) -> None:
        self.database = sqlite3.connect(path)
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS conversations (id TEXT PRIMARY KEY, revision INT, body TEXT)"
        )
        self.revisions: dict[str, int] = {}

    def load(self, id: str) -> Messages:
        """Return a conversation; a new one is empty."""
        query = "SELECT revision, body FROM conversations WHERE id = ?"
        row = self.database.execute(query, [id]).fetchone()
        if row is None:
            return Messages()
        self.revisions[id] = row[0]
        return Messages.from_json(row[1])

    def save(self, id: str, messages: Messages) -> None:
        """Store a conversation. Raises `ConversationConflict` where another process has stored it
        meanwhile.
        """
        known, body = self.revisions.get(id), messages.to_json()
        with self.database:  # a transaction
            if known is None:
                insert = "INSERT OR IGNORE INTO conversations VALUES (?, ?, ?)"
                changed = self.database.execute(insert, [id, messages.revision, body])
            else:
                update = "UPDATE conversations SET revision = ?, body = ? WHERE id = ? AND revision = ?"
                changed = self.database.execute(update, [messages.revision, body, id, known])
            if not changed.rowcount:
                raise ConversationConflict(f"conversation {id} has changed since it was loaded")
        self.revisions[id] = messages.revision


async def main(path: str, question: str) -> None:
    """Ask a question in the conversation "main"."""
    conversations = Conversations(path)
    async with ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4").build() as client:
        chat = (
            ChatBuilder()
            .with_model(client)
            .with_checkpoint(lambda messages: conversations.save("main", messages))
            .build()
        )
        messages = conversations.load("main")
        response = await chat.complete(messages.add_user(question))
        print(f"{response.text} ({len(messages)} messages are stored)")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
