"""The tools of an MCP server, through the official SDK; those that change something ask first.

python docs/cookbook/mcp_tools.py
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from chat_completions import ChatCompletionsBuilder
from chat_core import (
    Action,
    ChatBuilder,
    Execute,
    Messages,
    RequireApproval,
    ScopedCollection,
    Tool,
    ToolCall,
)
from mcp import Client, StdioServerParameters

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")


async def call_remote(server: Client, name: str, /, **arguments: object) -> object:
    """Call a tool of the server. An error of the tool is the model's to read."""
    result = await server.call_tool(name, arguments)
    text = "\n".join(block.text for block in result.content if block.type == "text")
    if result.is_error:
        raise RuntimeError(text)
    return text


async def tools_of(server: Client) -> list[Tool]:
    """Return the tools of a server, with what it states of each as their meta."""
    return [
        Tool(
            one.name,
            one.description or "",
            one.input_schema,
            partial(call_remote, server, one.name),
            meta={"reads_only": bool(one.annotations and one.annotations.read_only_hint)},
        )
        for one in (await server.list_tools()).tools
    ]


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    """Only what the server calls harmless runs unasked. That is its word: trust it as you trust the
    server.
    """
    return Execute() if meta["reads_only"] else RequireApproval()


async def main() -> None:
    """Ask for a book, and approve what waits."""
    parameters = StdioServerParameters(
        command=sys.executable, args=[str(Path(__file__).with_name("mcp_server.py"))]
    )
    builder = ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4")
    async with Client(parameters) as server, builder.build() as client:
        scoped = ScopedCollection(await tools_of(server), strategy)
        chat = ChatBuilder().with_model(client).with_scoped_tools(scoped).build()
        messages = Messages.from_user("Is Emma in? If so, borrow it for me.")
        await chat.complete(messages)
        for call in messages.pending:
            print(f"approved: {call.name} {call.arguments}")
            call.approve(by="the user")
        await chat.resume(messages)
        print(messages[-1].text)


if __name__ == "__main__":
    asyncio.run(main())
