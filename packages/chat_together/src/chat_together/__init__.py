"""A client for Together.

```python
from chat_together import TogetherBuilder

client = TogetherBuilder().with_model("openai/gpt-oss-120b").build()
```
"""

from typing import TYPE_CHECKING

from chat_together.builder import TogetherBuilder

if TYPE_CHECKING:
    from chat_together.client import EmbeddingTogetherClient, TogetherClient

__version__ = "0.1.0"

__all__ = ["EmbeddingTogetherClient", "TogetherBuilder", "TogetherClient"]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """Import the clients with their first use: they bring the wire."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_together import client

        return getattr(client, name)

    def __dir__() -> list[str]:
        return sorted(__all__)
