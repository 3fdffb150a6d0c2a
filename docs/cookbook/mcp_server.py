"""An MCP server for mcp_tools.py to talk to: a library of one shelf."""

from mcp.server import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("library")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def find_book(title: str) -> str:
    """Look a book up."""
    return f"{title} is on shelf 12"


@server.tool()
def borrow_book(title: str) -> str:
    """Borrow a book."""
    return f"{title} is yours until Friday"


if __name__ == "__main__":
    server.run()
