"""A client for OpenRouter.

```python
from chat_openrouter import OpenRouterBuilder

client = OpenRouterBuilder().with_model("anthropic/claude-sonnet-4.5").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_openrouter.builder import OpenRouterBuilder

if TYPE_CHECKING:
    from chat_openrouter.client import EmbeddingOpenRouterClient, OpenRouterClient

__version__ = "0.1.0"

__all__ = ["EmbeddingOpenRouterClient", "OpenRouterBuilder", "OpenRouterClient"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__, __all__, {"chat_openrouter.client": "EmbeddingOpenRouterClient OpenRouterClient"}
    )
