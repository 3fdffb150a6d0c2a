"""A client for every server that speaks the Responses wire.

```python
from chat_responses import ResponsesBuilder

client = ResponsesBuilder().with_base_url("http://localhost:8000/v1").with_model("gpt-oss").build()
```
"""

from typing import TYPE_CHECKING

from chat_responses.approvals import action_output, approval, approval_requests, requested_actions
from chat_responses.builder import ResponsesBuilder
from chat_responses.client import ResponsesClient
from chat_responses.dialect import Dialect
from chat_responses.options import ResponsesOptions

if TYPE_CHECKING:
    from chat_responses.websocket import WebSocketTransport

__version__ = "0.1.0"

__all__ = [
    "Dialect",
    "ResponsesBuilder",
    "ResponsesClient",
    "ResponsesOptions",
    "WebSocketTransport",
    "action_output",
    "approval",
    "approval_requests",
    "requested_actions",
]


if not TYPE_CHECKING:  # a type checker that saw this function would accept any name

    def __getattr__(name: str) -> object:
        """Import `WebSocketTransport` on first use: it brings ssl."""
        if name != "WebSocketTransport":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_responses.websocket import WebSocketTransport

        return WebSocketTransport


def __dir__() -> list[str]:
    return sorted(__all__)
