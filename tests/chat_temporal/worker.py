"""A worker in a process of its own, to be killed: python worker.py ADDRESS QUEUE FOLDER

Effects are lines of FOLDER/effects. Its model answers by what the conversation holds, so that any worker goes
on where another one was killed. It waits in places for FOLDER/go, where FOLDER/slow names them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from chat_core import (
    Action,
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    Done,
    Execute,
    Message,
    RequireApproval,
    ScopedCollection,
    Text,
    ToolCall,
    ToolContext,
    TurnEvent,
    tool,
)
from chat_temporal import ChatActivities, ConversationWorkflow
from temporalio.client import Client
from temporalio.worker import Worker

FOLDER = Path(sys.argv[3]) if len(sys.argv) > 3 else Path()


def note(line: str) -> None:
    with (FOLDER / "effects").open("a") as file:
        file.write(line + "\n")


async def pause(place: str) -> None:
    """Wait here for as long as the test wants it."""
    if (FOLDER / f"slow-{place}").exists():
        (FOLDER / f"in-{place}").touch()
        await asyncio.sleep(3600)


class Model:
    """Two calls, then an answer."""

    @property
    def model(self) -> str:
        return "scripted"

    async def aclose(self) -> None:
        pass

    async def stream(self, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        await pause("model")
        if request.messages[-1].role == "user":
            calls = [ToolCall("c1", "charge", {"amount": 30}), ToolCall("c2", "send", {"to": "Ada"})]
            yield Done(ChatResponse(Message("model", [*calls])))
        else:
            yield Done(ChatResponse(Message("model", [Text("Done.")])))


@tool
async def charge(amount: int, context: ToolContext) -> str:
    """Charge a card."""
    await pause("before")
    note(f"charge {context.idempotency_key}")
    await pause("after")
    return "charged"


@tool
async def send(to: str, context: ToolContext) -> str:
    """Send a letter."""
    note(f"send {context.idempotency_key}")
    return "sent"


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return RequireApproval() if call.name == "send" else Execute()


async def main(address: str, queue: str) -> None:
    activities = ChatActivities(
        ChatBuilder().with_model(Model()), [ScopedCollection([charge, send], strategy)]
    )
    temporal = await Client.connect(address)
    worker = Worker(temporal, task_queue=queue, workflows=[ConversationWorkflow], activities=activities.all)
    (FOLDER / f"ready-{sys.argv[4]}").touch()
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
