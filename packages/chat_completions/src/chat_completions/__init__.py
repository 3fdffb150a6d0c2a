"""A client for every server that speaks the Chat Completions wire.

```python
from chat_completions import ChatCompletionsBuilder

client = ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1").with_model("llama-4").build()
```
"""

from chat_completions.builder import ChatCompletionsBuilder
from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient
from chat_completions.dialect import Dialect
from chat_completions.options import CompletionsOptions

__all__ = [
    "ChatCompletionsBuilder",
    "ChatCompletionsClient",
    "CompletionsOptions",
    "Dialect",
    "EmbeddingChatCompletionsClient",
]
