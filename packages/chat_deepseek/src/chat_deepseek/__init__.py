"""A client for DeepSeek.

```python
from chat_deepseek import DeepSeekBuilder

client = DeepSeekBuilder().with_model("deepseek-v4-pro").build()
```
"""

from typing import TYPE_CHECKING

from chat_deepseek.builder import DeepSeekBuilder

if TYPE_CHECKING:
    from chat_deepseek.client import DeepSeekClient

__version__ = "0.1.0"

__all__ = ["DeepSeekBuilder", "DeepSeekClient"]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """Import the clients with their first use: they bring the wire."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_deepseek import client

        return getattr(client, name)

    def __dir__() -> list[str]:
        return sorted(__all__)
