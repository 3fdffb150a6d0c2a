"""A client for Claude over Anthropic's Messages API.

```python
from chat_claude import ClaudeBuilder

client = ClaudeBuilder().with_model("claude-sonnet-5-5").build()
```
"""

from chat_claude.builder import ClaudeBuilder
from chat_claude.client import ClaudeClient
from chat_claude.marks import block, cached, container_upload, document, search_result
from chat_claude.options import ClaudeOptions, Thinking

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
]
