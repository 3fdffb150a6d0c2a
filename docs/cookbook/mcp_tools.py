"""The tools of an MCP server; those that change something ask first.

python docs/cookbook/mcp_tools.py
"""

import asyncio
import os
import sys
from pathlib import Path

from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, Messages, ScopedCollection
from chat_mcp import McpServer, ask_unless_read_only

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")
SERVER = str(Path(__file__).with_name("mcp_server.py"))


async def main() -> None:
    """Ask for a book, and approve what waits."""
    builder = ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4")
    async with McpServer.command(sys.executable, SERVER) as server, builder.build() as client:
        scoped = ScopedCollection(await server.tools(), ask_unless_read_only)
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
