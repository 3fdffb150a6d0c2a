"""A client for xAI.

```python
from chat_xai import XAIBuilder

client = XAIBuilder().with_model("grok-4-fast").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_xai.builder import XAIBuilder

if TYPE_CHECKING:
    from chat_xai.client import XAIClient

__version__ = "0.1.0"

__all__ = ["XAIBuilder", "XAIClient"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(__name__, __all__, {"chat_xai.client": "XAIClient"})
