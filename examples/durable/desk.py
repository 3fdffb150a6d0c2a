"""Start a worker, or talk to conversations from a terminal; DATABASE_URL names the Postgres database.

QUEUE is the library that runs them: procrastinate, unless it is `dbos`.

python examples/durable/desk.py worker
python examples/durable/desk.py say 7 "Please take care of order A-17."
python examples/durable/desk.py show 7
python examples/durable/desk.py decide 7 CALL approve
python examples/durable/desk.py decide 7 CALL complete "the bank says that it went through"
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, ExitStack

from agent import TOOLS, builder_of, find_model
from chat_core import ChatError, JsonObject, Text, ToolCall
from chat_core.types.decisions import ArgumentsChecker
from conversations import Build, Conversations
from store import Store


def open_queue(
    url: str, store: Store, build: Build, tools: Sequence[ArgumentsChecker]
) -> AbstractAsyncContextManager[Conversations]:
    """Open the queue of QUEUE in a database. Only its library has to be installed."""
    if os.environ.get("QUEUE") == "dbos":
        from workflows import Workflows

        return Workflows.open(url, store, build, tools)
    from jobs import Jobs

    return Jobs.open(url, store, build, tools)


async def show(store: Store, conversations: Conversations, id: str) -> None:
    """Print a conversation: what was said, where its calls stand, and what it waits for."""
    messages, _ = await store.load(id)
    for message in messages:
        for part in message.parts:
            match part:
                case Text(text):
                    print(f"{message.role}: {text}")
                case ToolCall():
                    print(f"  {part.id} {part.name} {json.dumps(part.arguments)}: {part.status.type}")
                case _:
                    pass
    if await conversations.busy(id):
        print("at work: a call that is shown as unknown may be running")
    elif (error := await store.error(id)) is not None:
        print(f"stopped: {error}")


async def main(command: str, *arguments: str) -> None:
    """Run one command."""
    url = os.environ.get("DATABASE_URL")
    if url is None:
        raise SystemExit("set DATABASE_URL, such as postgresql://localhost/chats")
    with ExitStack() as stack:
        client = find_model(stack)
        async with (
            client,
            Store.open(url) as store,
            open_queue(url, store, builder_of(client), TOOLS) as conversations,
        ):
            match command, arguments:
                case "worker", ():
                    await conversations.work()
                case "say", (id, *texts):
                    await conversations.say(id, *texts)
                case "show", (id,):
                    await show(store, conversations, id)
                case "decide", (id, call, verdict, *result):
                    decision: JsonObject = {
                        "call_id": call,
                        "verdict": verdict,
                        "by": os.environ.get("USER", "desk"),
                    }
                    if result:
                        decision["result" if verdict == "complete" else "reason"] = " ".join(result)
                    await conversations.decide(id, [decision])
                case "go-on", (id,):
                    await conversations.go_on(id)
                case _:
                    raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        asyncio.run(main(*(sys.argv[1:] or ["help"])))
    except ChatError as error:
        raise SystemExit(str(error)) from None
