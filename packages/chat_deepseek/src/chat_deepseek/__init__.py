"""A client for DeepSeek.

```python
from chat_deepseek import DeepSeekBuilder

client = DeepSeekBuilder().with_model("deepseek-v4-pro").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_deepseek.builder import DeepSeekBuilder

if TYPE_CHECKING:
    from chat_deepseek.client import DeepSeekClient

__version__ = "0.1.0"

__all__ = ["DeepSeekBuilder", "DeepSeekClient"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(__name__, __all__, {"chat_deepseek.client": "DeepSeekClient"})
