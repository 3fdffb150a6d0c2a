"""A worker of the durable example in a process of its own, to be killed: durable_worker.py URL FOLDER

Effects are lines of FOLDER/effects. Its model answers by what the conversation holds, so that any worker goes
on where another one was killed. It waits in a place for as long as there is FOLDER/slow-PLACE.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
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
    ToolCall,
    ToolContext,
    TurnEvent,
    tool,
)
from desk import open_app, work
from jobs import Conversations, Save
from store import Store

FOLDER = Path(sys.argv[2]) if len(sys.argv) > 2 else Path()


def note(line: str) -> None:
    with (FOLDER / "effects").open("a") as file:
        file.write(line + "\n")


async def pause(place: str) -> None:
    """Wait here for as long as the test wants it."""
    while (FOLDER / f"slow-{place}").exists():
        (FOLDER / f"in-{place}").touch()
        await asyncio.sleep(0.02)


class Model:
    """Three calls, then an answer. With FOLDER/overloaded its server refuses once."""

    @property
    def model(self) -> str:
        return "scripted"

    async def aclose(self) -> None:
        pass

    async def stream(self, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        yield Done(await self.complete(request))

    async def complete(self, request: ChatRequest) -> ChatResponse:
        await pause("model")
        if (FOLDER / "overloaded").exists():
            (FOLDER / "overloaded").unlink()
            raise Overloaded("come back later", status=529, retryable=True)
        if request.messages[-1].role == "user":
            calls = [
                ToolCall("c1", "charge", {"amount": 30}),
                ToolCall("c2", "send_mail", {"to": "Ada"}),
                ToolCall("c3", "remind", {"text": "call Ada"}),
            ]
            return ChatResponse(Message("model", [*calls]))
        return ChatResponse(Message("model", [Text("Done.")]))


@tool
async def charge(amount: int, context: ToolContext) -> str:
    """Charge a card."""
    await pause("before")
    note(f"charge {context.idempotency_key}")
    await pause("after")
    return "charged"


@tool
async def send_mail(to: str, context: ToolContext) -> str:
    """Send a mail."""
    await pause("approved")
    note(f"send_mail {context.idempotency_key}")
    await pause("sent")
    return "sent"


@tool
async def remind(text: str, context: ToolContext) -> str:
    """Remind the team."""
    note(f"remind {context.idempotency_key}")
    return "reminded"


TOOLS = (charge, send_mail, remind)


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    match call.name:
        case "send_mail":
            return RequireApproval()
        case "remind":
            return Defer(datetime.now(UTC) + timedelta(seconds=0.5))
        case _:
            return Execute()


def build(save: Save, /) -> Chat[ChatModel, Complete | Paused, ChatResponse, Store]:
    builder = ChatBuilder().with_model(Model()).with_scoped_tools(ScopedCollection(TOOLS, strategy))
    return builder.with_checkpoint(save).build()


async def main(url: str) -> None:
    async with Store.open(url) as store, open_app(url) as app:
        Conversations(app, store, build, TOOLS, rescue_every=1)
        await work(app)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
