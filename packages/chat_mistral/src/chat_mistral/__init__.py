"""A client for Mistral.

```python
from chat_mistral import MistralBuilder

client = MistralBuilder().with_model("mistral-large-latest").build()
```
"""

from typing import TYPE_CHECKING

from chat_mistral.builder import MistralBuilder

if TYPE_CHECKING:
    from chat_mistral.client import EmbeddingMistralClient, MistralClient

__version__ = "0.1.0"

__all__ = ["EmbeddingMistralClient", "MistralBuilder", "MistralClient"]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """Import the clients with their first use: they bring the wire."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_mistral import client

        return getattr(client, name)

    def __dir__() -> list[str]:
        return sorted(__all__)
