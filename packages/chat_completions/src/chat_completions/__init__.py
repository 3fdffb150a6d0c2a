"""A client for every server that speaks the Chat Completions wire.

```python
from chat_completions import ChatCompletionsBuilder

client = ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1").with_model("llama-4").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_completions.builder import ChatCompletionsBuilder

if TYPE_CHECKING:
    from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient
    from chat_completions.dialect import Dialect
    from chat_completions.options import CompletionsOptions
    from chat_completions.rerank_client import RerankingClient
    from chat_completions.token_count_client import CountingClient

__version__ = "0.1.0"

__all__ = [
    "ChatCompletionsBuilder",
    "ChatCompletionsClient",
    "CompletionsOptions",
    "CountingClient",
    "Dialect",
    "EmbeddingChatCompletionsClient",
    "RerankingClient",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_completions.client": "ChatCompletionsClient EmbeddingChatCompletionsClient",
            "chat_completions.dialect": "Dialect",
            "chat_completions.options": "CompletionsOptions",
            "chat_completions.rerank_client": "RerankingClient",
            "chat_completions.token_count_client": "CountingClient",
        },
    )
