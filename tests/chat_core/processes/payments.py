"""A program that is killed: it goes on with a stored conversation, and stores every checkpoint in SQLite.

    python payments.py FOLDER CALLS

The tools log `begin ID` and `end ID`, each line in one write. The model calls CALLS tools in each of two
turns. It prints "complete" at the end, or "paused" where calls are unknown. Two of these at once on one
folder are kept apart by the lock of a SQLite transaction and the revision of the conversation, as
docs/storing.md shows.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import anyio
from chat_core import (
    ChatBuilder,
    ConversationConflict,
    Execute,
    Messages,
    Paused,
    ScopedCollection,
    ToolCall,
    tool,
)
from chat_core.testing import ScriptedProvider


class Store:
    """One conversation in a SQLite file."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path, timeout=30, isolation_level=None)
        self.database.execute(
            "PRAGMA synchronous = OFF"
        )  # a killed process loses nothing by that, a power cut does
        self.database.execute("CREATE TABLE IF NOT EXISTS conversations (id PRIMARY KEY, revision, body)")
        self.revision = -1

    def load(self) -> Messages:
        row = self.database.execute("SELECT revision, body FROM conversations WHERE id = 1").fetchone()
        if row is None:
            return Messages.from_user("go")
        self.revision = row[0]
        return Messages.from_json(row[1])

    def save(self, messages: Messages) -> None:
        self.database.execute("BEGIN IMMEDIATE")
        try:
            row = self.database.execute("SELECT revision FROM conversations WHERE id = 1").fetchone()
            if (row[0] if row else -1) != self.revision:
                raise ConversationConflict("somebody else has stored this conversation since it was loaded")
            values = (messages.revision, messages.to_json())
            self.database.execute("INSERT OR REPLACE INTO conversations VALUES (1, ?, ?)", values)
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")
        self.revision = messages.revision


def main(folder: Path, calls: int) -> None:
    log = os.open(folder / "effects", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    @tool
    async def pay(call: ToolCall) -> str:
        os.write(log, f"begin {call.id}\n".encode())
        await anyio.sleep(0.02)
        os.write(log, f"end {call.id}\n".encode())
        return call.id

    store = Store(folder / "store.db")
    messages = store.load()
    lines: list[object] = [[ToolCall(f"{turn}-{n}", "pay") for n in range(calls)] for turn in range(2)]
    turns = sum(message.role == "model" for message in messages)
    chat = (
        ChatBuilder()
        # lists of calls are lines
        .with_model(ScriptedProvider([*lines, "done"][turns:]))  # type: ignore[arg-type]
        .with_scoped_tools(ScopedCollection([pay], lambda call, meta: Execute()))
        .with_checkpoint(store.save)
        .build()
    )
    print("started", flush=True)
    if turns > len(lines):  # the other process had finished when this one loaded
        print("complete")
        return
    try:
        outcome = anyio.run(chat.complete, messages)
    except ConversationConflict:
        print("conflict")
    else:
        print("paused" if isinstance(outcome, Paused) else "complete")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
