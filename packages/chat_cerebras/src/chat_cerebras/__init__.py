"""A client for Cerebras.

```python
from chat_cerebras import CerebrasBuilder

client = CerebrasBuilder().with_model("gpt-oss-120b").with_reasoning("low").build()
```
"""

from typing import TYPE_CHECKING

from chat_cerebras.builder import CerebrasBuilder

if TYPE_CHECKING:
    from chat_cerebras.client import CerebrasClient

__version__ = "0.1.0"

__all__ = ["CerebrasBuilder", "CerebrasClient"]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """Import the client with its first use: it brings the wire."""
        if name != "CerebrasClient":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chat_cerebras.client import CerebrasClient

        return CerebrasClient

    def __dir__() -> list[str]:
        return sorted(__all__)
