"""A worker in a process of its own, to be killed. Its model answers by what the conversation holds, so that
any worker goes on where another one was killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
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
from durable_kit import Scene
from temporalio.client import Client
from temporalio.worker import Worker


class Model:
    """Two calls, then an answer."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @property
    def model(self) -> str:
        return "scripted"

    async def aclose(self) -> None:
        pass

    async def stream(self, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        await self._scene.pause("model")
        if request.messages[-1].role == "user":
            calls = [ToolCall("c1", "charge", {"amount": 30}), ToolCall("c2", "send", {"to": "Ada"})]
            yield Done(ChatResponse(Message("model", [*calls])))
        else:
            yield Done(ChatResponse(Message("model", [Text("Done.")])))


@tool
async def charge(amount: int, context: ToolContext[Scene]) -> str:
    """Charge a card."""
    await context.deps.pause("before")
    context.deps.note(f"charge {context.idempotency_key}")
    await context.deps.pause("after")
    return "charged"


@tool
async def send(to: str, context: ToolContext[Scene]) -> str:
    """Send a letter."""
    await context.deps.pause("approved")
    context.deps.note(f"send {context.idempotency_key}")
    await context.deps.pause("sent")
    return "sent"


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return RequireApproval() if call.name == "send" else Execute()


async def main(scene: Scene, address: str, queue: str) -> None:
    builder = ChatBuilder().with_model(Model(scene))
    activities = ChatActivities(builder, [ScopedCollection([charge, send], strategy)], deps=scene)
    worker = Worker(
        await Client.connect(address),
        task_queue=queue,
        workflows=[ConversationWorkflow],
        activities=activities.all,
        # for as long Temporal waits for a worker that has the workflow in memory, which may be dead
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
    )
    await worker.run()


def run(folder: Path, address: str, queue: str) -> None:
    asyncio.run(main(Scene(folder), address, queue))
