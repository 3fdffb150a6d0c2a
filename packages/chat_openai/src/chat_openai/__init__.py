"""A client for OpenAI, on the Responses API.

```python
from chat_openai import OpenAIBuilder

client = OpenAIBuilder().with_model("gpt-5.6").build()
```
"""

from typing import TYPE_CHECKING

from chat_responses import ResponsesOptions, action_output, approval, approval_requests, requested_actions

from chat_openai.builder import OpenAIBuilder
from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient
from chat_openai.images.client import ImageOpenAIClient
from chat_openai.images.mask import mask
from chat_openai.workload_identity import token_file, workload_identity

if TYPE_CHECKING:
    from chat_responses import WebSocketTransport

__version__ = "0.1.0"

__all__ = [
    "EmbeddingOpenAIClient",
    "ImageOpenAIClient",
    "OpenAIBuilder",
    "OpenAIClient",
    "ResponsesOptions",
    "WebSocketTransport",
    "action_output",
    "approval",
    "approval_requests",
    "mask",
    "requested_actions",
    "token_file",
    "workload_identity",
]


if not TYPE_CHECKING:  # a type checker that saw this function would accept any name

    def __getattr__(name: str) -> object:
        """Import `WebSocketTransport` on first use: it brings ssl."""
        if name != "WebSocketTransport":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_responses import WebSocketTransport

        return WebSocketTransport


def __dir__() -> list[str]:
    return sorted(__all__)
