"""A client for Groq.

```python
from chat_groq import GroqBuilder

client = GroqBuilder().with_model("openai/gpt-oss-120b").build()
```
"""

from typing import TYPE_CHECKING

from chat_groq.builder import GroqBuilder

if TYPE_CHECKING:
    from chat_groq.client import GroqClient

__version__ = "0.1.0"

__all__ = ["GroqBuilder", "GroqClient"]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """Import the clients with their first use: they bring the wire."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_groq import client

        return getattr(client, name)

    def __dir__() -> list[str]:
        return sorted(__all__)
