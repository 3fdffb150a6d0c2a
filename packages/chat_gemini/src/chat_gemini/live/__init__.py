"""Sessions that talk both ways, over Google's Live API.

```python
from chat_gemini import GeminiBuilder

client = GeminiBuilder().with_model("gemini-3.8-live").with_voice("Puck").with_realtime().build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

if TYPE_CHECKING:
    from chat_gemini.live.builder import LiveBuilder
    from chat_gemini.live.capabilities import LiveCapabilities
    from chat_gemini.live.client import LiveClient
    from chat_gemini.live.tokens import LiveToken

__all__ = ["LiveBuilder", "LiveCapabilities", "LiveClient", "LiveToken"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_gemini.live.builder": "LiveBuilder",
            "chat_gemini.live.capabilities": "LiveCapabilities",
            "chat_gemini.live.client": "LiveClient",
            "chat_gemini.live.tokens": "LiveToken",
        },
    )
