"""A client for every server that speaks the Chat Completions wire.

```python
from chat_completions import ChatCompletionsBuilder

client = ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1").with_model("llama-4").build()
```
"""

from typing import TYPE_CHECKING

from chat_completions.builder import ChatCompletionsBuilder
from chat_completions.dialect import Dialect
from chat_completions.options import CompletionsOptions

if TYPE_CHECKING:
    from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient
    from chat_completions.rerank_client import RerankingClient

__version__ = "0.1.0"

__all__ = [
    "ChatCompletionsBuilder",
    "ChatCompletionsClient",
    "CompletionsOptions",
    "Dialect",
    "EmbeddingChatCompletionsClient",
    "RerankingClient",
]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """Import the clients with their first use: they bring the wire."""
        if name not in ("ChatCompletionsClient", "EmbeddingChatCompletionsClient", "RerankingClient"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_completions import client, rerank_client

        return getattr(rerank_client if name == "RerankingClient" else client, name)

    def __dir__() -> list[str]:
        return sorted(__all__)
