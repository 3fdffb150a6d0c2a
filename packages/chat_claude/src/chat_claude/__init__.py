"""A client for Claude over Anthropic's Messages API.

```python
from chat_claude import ClaudeBuilder

client = ClaudeBuilder().with_model("claude-sonnet-5-5").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_claude.builder import ClaudeBuilder

if TYPE_CHECKING:
    from chat_claude.client import ClaudeClient
    from chat_claude.client_tools import (
        bash_tool,
        computer_tool,
        computer_tools,
        memory_tool,
        text_editor_tool,
    )
    from chat_claude.federation import token_file, workload_identity
    from chat_claude.marks import block, cached, container_upload, document, search_result
    from chat_claude.options import ClaudeOptions, Thinking
    from chat_claude.tool_changes import tool_addition, tool_removal

__version__ = "0.1.0"

__all__ = [
    "ClaudeBuilder",
    "ClaudeClient",
    "ClaudeOptions",
    "Thinking",
    "bash_tool",
    "block",
    "cached",
    "computer_tool",
    "computer_tools",
    "container_upload",
    "document",
    "memory_tool",
    "search_result",
    "text_editor_tool",
    "token_file",
    "tool_addition",
    "tool_removal",
    "workload_identity",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_claude.client": "ClaudeClient",
            "chat_claude.client_tools": (
                "bash_tool computer_tool computer_tools memory_tool text_editor_tool"
            ),
            "chat_claude.federation": "token_file workload_identity",
            "chat_claude.marks": "block cached container_upload document search_result",
            "chat_claude.options": "ClaudeOptions Thinking",
            "chat_claude.tool_changes": "tool_addition tool_removal",
        },
    )
