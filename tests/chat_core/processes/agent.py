"""A program with a person in the loop, whose every run is a process of its own.

    python agent.py STORED EFFECTS [die] [ID=DECISION ...]

It goes on with the conversation stored at STORED, or begins it, after the decisions given; its tools leave
their effects, a line each, in EFFECTS. It prints "paused" or "complete". With `die`, the process is killed
inside the tool `pay`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import anyio
from chat_core import (
    Action,
    ChatBuilder,
    Execute,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    Tool,
    ToolCall,
    tool,
)
from chat_core.testing import ScriptedProvider


def build(effects: Path, stored: Path, messages: Messages, dies: bool) -> list[Tool[..., object]]:
    def leave(line: str) -> str:
        with effects.open("a") as file:
            file.write(line + "\n")
        return line

    @tool
    def look(what: str) -> str:
        return leave(f"look {what}")

    @tool
    def pay(amount: int) -> str:
        if dies:
            stored.write_text(messages.to_json())
            leave(f"pay {amount}")
            os.kill(os.getpid(), signal.SIGKILL)
        return leave(f"pay {amount}")

    return [look, pay]


def strategy(call: ToolCall, meta: object) -> Action:
    return Execute() if call.name == "look" else RequireApproval("a payment")


def main(stored: Path, effects: Path, *words: str) -> None:
    fresh = not stored.exists()
    messages = Messages.from_user("Pay the bills.") if fresh else Messages.from_json(stored.read_bytes())
    for word in words:
        if "=" in word:
            id, _, decision = word.partition("=")
            getattr(messages.find_tool(id), decision)(*(["by hand"] if decision == "complete" else []))
    asked = [
        ToolCall("l", "look", {"what": "bills"}),
        ToolCall("p1", "pay", {"amount": 1}),
        ToolCall("p2", "pay", {"amount": 2}),
        ToolCall("p3", "pay", {"amount": 3}),
    ]
    provider = ScriptedProvider([asked, "All done."] if fresh else ["All done."])
    tools = ScopedCollection(build(effects, stored, messages, "die" in words), strategy)
    chat = ChatBuilder().with_model(provider).with_scoped_tools(tools).build()
    outcome = anyio.run(chat.complete, messages)
    stored.write_text(messages.to_json())
    print("paused" if isinstance(outcome, Paused) else "complete")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
