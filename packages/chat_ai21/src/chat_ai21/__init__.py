"""A client for AI21.

```python
from chat_ai21 import AI21Builder

client = AI21Builder().with_model("jamba-large").build()
```
"""

from typing import TYPE_CHECKING

from chat_ai21.builder import AI21Builder

if TYPE_CHECKING:
    from chat_ai21.client import AI21Client

__version__ = "0.1.0"

__all__ = ["AI21Builder", "AI21Client"]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """Import the clients with their first use: they bring the wire."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_ai21 import client

        return getattr(client, name)

    def __dir__() -> list[str]:
        return sorted(__all__)
