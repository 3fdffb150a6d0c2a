"""The tools of MCP servers, for a chat.

`McpServer` is a server behind a URL or a process; its tools go to a chat as any others. The names that stand
here are public.
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

if TYPE_CHECKING:
    from chat_mcp.builder import McpServer
    from chat_mcp.client import Elicit, ServerInfo
    from chat_mcp.errors import McpError, SessionLost, ToolError
    from chat_mcp.oauth.builder import oauth_transport
    from chat_mcp.strategies import ask_unless_read_only

__version__ = "0.1.0"

__all__ = [
    "Elicit",
    "McpError",
    "McpServer",
    "ServerInfo",
    "SessionLost",
    "ToolError",
    "ask_unless_read_only",
    "oauth_transport",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_mcp.client": "Elicit ServerInfo",
            "chat_mcp.errors": "McpError SessionLost ToolError",
            "chat_mcp.oauth.builder": "oauth_transport",
            "chat_mcp.builder": "McpServer",
            "chat_mcp.strategies": "ask_unless_read_only",
        },
    )
