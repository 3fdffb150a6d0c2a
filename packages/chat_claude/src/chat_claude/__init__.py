"""A client for Claude over Anthropic's Messages API.

```python
from chat_claude import ClaudeBuilder

client = ClaudeBuilder().with_model("claude-sonnet-5-5").build()
```
"""

from typing import TYPE_CHECKING

from chat_claude.builder import ClaudeBuilder
from chat_claude.client import ClaudeClient
from chat_claude.marks import block, cached, container_upload, document, search_result
from chat_claude.options import ClaudeOptions, Thinking

if TYPE_CHECKING:
    from chat_claude.federation import token_file, workload_identity

__version__ = "0.1.0"

__all__ = [
    "ClaudeBuilder",
    "ClaudeClient",
    "ClaudeOptions",
    "Thinking",
    "block",
    "cached",
    "container_upload",
    "document",
    "search_result",
    "token_file",
    "workload_identity",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name

    def __getattr__(name: str) -> object:
        """Import what exchanges tokens with its first use: most clients have a key."""
        if name not in ("token_file", "workload_identity"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_claude import federation

        return getattr(federation, name)

    def __dir__() -> list[str]:
        return sorted(__all__)
