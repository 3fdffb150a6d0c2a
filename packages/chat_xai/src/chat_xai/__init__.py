"""A client for xAI.

```python
from chat_xai import XAIBuilder

client = XAIBuilder().with_model("grok-4-fast").build()
```
"""

from typing import TYPE_CHECKING

from chat_xai.builder import XAIBuilder

if TYPE_CHECKING:
    from chat_xai.client import XAIClient

__version__ = "0.1.0"

__all__ = ["XAIBuilder", "XAIClient"]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """Import the clients with their first use: they bring the wire."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_xai import client

        return getattr(client, name)

    def __dir__() -> list[str]:
        return sorted(__all__)
