"""A server of the official SDK, over HTTP or stdio: `python official_server.py stdio|http [port]`.

It writes each run of a tool to the file that CHAT_MCP_RUNS names.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Image
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import ToolAnnotations
from pydantic import BaseModel

READS = ToolAnnotations(read_only_hint=True)


def note_run(text: str) -> None:
    if path := os.environ.get("CHAT_MCP_RUNS"):
        with open(path, "a") as file:
            file.write(text + "\n")


class Size(BaseModel):
    """What a person chooses."""

    size: str


def ask_for_size(item: str) -> Elicit[Size]:
    return Elicit(f"Which size of {item}?", Size)


def make_server() -> MCPServer:
    """Return a shop."""
    server = MCPServer("shop", instructions="Sell things.", log_level="CRITICAL")

    @server.tool(annotations=READS)
    def look(item: str) -> str:
        """Look an item up."""
        note_run(f"look {item}")
        return f"{item}: 3 left"

    @server.tool()
    def buy(item: str, chosen: Annotated[Size, Resolve(ask_for_size)]) -> str:
        """Buy an item."""
        note_run(f"buy {item} {chosen.size}")
        return f"bought {item} in {chosen.size}"

    @server.tool()
    def fail(item: str) -> str:
        """Fail."""
        note_run(f"fail {item}")
        raise ToolError(f"no {item} today")

    @server.tool(annotations=READS, structured_output=False)
    def picture(item: str) -> list[object]:
        """Show an item."""
        note_run(f"picture {item}")
        return [f"a picture of {item}", Image(data=b"\x89PNG\r\n\x1a\n....", format="png")]

    @server.tool()
    def price(item: str) -> dict[str, int]:
        """Tell a price."""
        note_run(f"price {item}")
        return {"francs": 7, "letters": len(item)}

    @server.tool()
    async def slow(steps: int, ctx: Context) -> str:
        """Work for a while, and report on it."""
        note_run("slow begins")
        for step in range(steps):
            await ctx.report_progress(step, steps, f"step {step}")
            await anyio.sleep(0.01)
        note_run("slow ends")
        return f"{steps} steps"

    @server.tool()
    async def hang(ctx: Context) -> str:
        """Never end."""
        note_run("hang begins")
        await ctx.report_progress(0, 1)
        try:
            await anyio.sleep_forever()
        except BaseException:
            note_run("hang is cancelled")
            raise
        return ""

    @server.tool()
    def leave() -> str:
        """End the whole server in the middle of a call."""
        note_run("leave")
        os._exit(3)

    return server


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        make_server().run("stdio")
    else:
        make_server().run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
