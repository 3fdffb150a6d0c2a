"""A client for OpenAI, on the Responses API.

```python
from chat_openai import OpenAIBuilder

client = OpenAIBuilder().with_model("gpt-5.6").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_openai.builder import OpenAIBuilder
from chat_openai.workload_identity import token_file, workload_identity

if TYPE_CHECKING:
    from chat_responses import (
        ResponsesOptions,
        WebSocketTransport,
        action_output,
        additional_tools,
        approval,
        approval_requests,
        configuration_update,
        input_item,
        requested_actions,
    )

    from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient
    from chat_openai.client_tools import ShellOutput, apply_patch_tool, computer_tool, shell_tool
    from chat_openai.decisions.decider import OpenAIDecisions
    from chat_openai.images.client import ImageOpenAIClient
    from chat_openai.images.mask import mask

__version__ = "0.1.0"

__all__ = [
    "EmbeddingOpenAIClient",
    "ImageOpenAIClient",
    "OpenAIBuilder",
    "OpenAIClient",
    "OpenAIDecisions",
    "ResponsesOptions",
    "ShellOutput",
    "WebSocketTransport",
    "action_output",
    "additional_tools",
    "apply_patch_tool",
    "approval",
    "approval_requests",
    "computer_tool",
    "configuration_update",
    "input_item",
    "mask",
    "requested_actions",
    "shell_tool",
    "token_file",
    "workload_identity",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_openai.client": "EmbeddingOpenAIClient OpenAIClient",
            "chat_openai.client_tools": "ShellOutput apply_patch_tool computer_tool shell_tool",
            "chat_openai.decisions.decider": "OpenAIDecisions",
            "chat_openai.images.client": "ImageOpenAIClient",
            "chat_openai.images.mask": "mask",
            "chat_responses": (
                "ResponsesOptions WebSocketTransport action_output additional_tools approval "
                "approval_requests configuration_update input_item "
                "requested_actions"
            ),
        },
    )
