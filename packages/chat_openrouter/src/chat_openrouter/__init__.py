"""A client for OpenRouter.

```python
from chat_openrouter import OpenRouterBuilder

client = OpenRouterBuilder().with_model("anthropic/claude-sonnet-4.5").build()
```
"""

from typing import TYPE_CHECKING

from chat_openrouter.builder import OpenRouterBuilder

if TYPE_CHECKING:
    from chat_openrouter.client import EmbeddingOpenRouterClient, OpenRouterClient

__version__ = "0.1.0"

__all__ = ["EmbeddingOpenRouterClient", "OpenRouterBuilder", "OpenRouterClient"]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """Import the clients with their first use: they bring the wire."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_openrouter import client

        return getattr(client, name)

    def __dir__() -> list[str]:
        return sorted(__all__)
