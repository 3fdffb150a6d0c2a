"""A client for every server that speaks the Responses wire.

```python
from chat_responses import ResponsesBuilder

client = ResponsesBuilder().with_base_url("http://localhost:8000/v1").with_model("gpt-oss").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_responses.builder import ResponsesBuilder

if TYPE_CHECKING:
    from chat_responses.approvals import action_output, approval, approval_requests, requested_actions
    from chat_responses.client import ResponsesClient
    from chat_responses.dialect import Dialect
    from chat_responses.input_items import additional_tools, configuration_update, input_item
    from chat_responses.options import ResponsesOptions
    from chat_responses.websocket import WebSocketTransport

__version__ = "0.1.0"

__all__ = [
    "Dialect",
    "ResponsesBuilder",
    "ResponsesClient",
    "ResponsesOptions",
    "WebSocketTransport",
    "action_output",
    "additional_tools",
    "approval",
    "approval_requests",
    "configuration_update",
    "input_item",
    "requested_actions",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_responses.approvals": "action_output approval approval_requests requested_actions",
            "chat_responses.client": "ResponsesClient",
            "chat_responses.dialect": "Dialect",
            "chat_responses.input_items": "additional_tools configuration_update input_item",
            "chat_responses.options": "ResponsesOptions",
            "chat_responses.websocket": "WebSocketTransport",
        },
    )
