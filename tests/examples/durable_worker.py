"""A worker of the durable example in a process of its own, to be killed. Its model answers by what the
conversation holds, so that any worker goes on where another one was killed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples/durable"))

from chat_core import (
    Action,
    Chat,
    ChatBuilder,
    ChatModel,
    ChatRequest,
    ChatResponse,
    Complete,
    Defer,
    Done,
    Execute,
    Message,
    Overloaded,
    Paused,
    RequireApproval,
    ScopedCollection,
    Text,
    Tool,
    ToolCall,
    ToolContext,
    TurnEvent,
    tool,
)
from conversations import Conversations, Save
from durable_kit import Scene
from store import Store


class Model:
    """Three calls, then an answer. With the file `overloaded` its server refuses once."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @property
    def model(self) -> str:
        return "scripted"

    async def aclose(self) -> None:
        pass

    async def stream(self, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        yield Done(await self.complete(request))

    async def complete(self, request: ChatRequest) -> ChatResponse:
        await self._scene.pause("model")
        if (self._scene.folder / "overloaded").exists():
            (self._scene.folder / "overloaded").unlink()
            raise Overloaded("come back later", status=529, retryable=True)
        if request.messages[-1].role == "user":
            calls = [
                ToolCall("c1", "charge", {"amount": 30}),
                ToolCall("c2", "send_mail", {"to": "Ada"}),
                ToolCall("c3", "remind", {"text": "call Ada"}),
            ]
            return ChatResponse(Message("model", [*calls]))
        return ChatResponse(Message("model", [Text("Done.")]))


def tools_of(scene: Scene) -> list[Tool]:
    """Return the tools of a worker. What the example gives to tools is its database."""

    @tool
    async def charge(amount: int, context: ToolContext) -> str:
        """Charge a card."""
        await scene.pause("before")
        scene.note(f"charge {context.idempotency_key}")
        await scene.pause("after")
        return "charged"

    @tool
    async def send_mail(to: str, context: ToolContext) -> str:
        """Send a mail."""
        await scene.pause("approved")
        scene.note(f"send_mail {context.idempotency_key}")
        await scene.pause("sent")
        return "sent"

    @tool
    async def remind(text: str, context: ToolContext) -> str:
        """Remind the team."""
        await scene.pause("due")
        scene.note(f"remind {context.idempotency_key}")
        return "reminded"

    return [charge, send_mail, remind]


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    match call.name:
        case "send_mail":
            return RequireApproval()
        case "remind":
            return Defer(datetime.now(UTC) + timedelta(seconds=0.5))
        case _:
            return Execute()


def open_queue(
    engine: str, url: str, store: Store, scene: Scene
) -> AbstractAsyncContextManager[Conversations]:
    """Open the queue of an engine."""
    tools = tools_of(scene)
    builder = ChatBuilder().with_model(Model(scene)).with_scoped_tools(ScopedCollection(tools, strategy))

    def build(save: Save, /) -> Chat[ChatModel, Complete | Paused, ChatResponse, Store]:
        return builder.with_checkpoint(save).build()

    if engine == "dbos":
        from workflows import Workflows

        return Workflows.open(url, store, build, tools, rescue_every=1)
    from jobs import Jobs

    return Jobs.open(url, store, build, tools, rescue_every=1)


async def main(scene: Scene, url: str, engine: str) -> None:
    async with Store.open(url) as store, open_queue(engine, url, store, scene) as conversations:
        await conversations.work()


def run(folder: Path, url: str, engine: str) -> None:
    asyncio.run(main(Scene(folder), url, engine))
