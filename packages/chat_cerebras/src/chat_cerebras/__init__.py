"""A client for Cerebras.

```python
from chat_cerebras import CerebrasBuilder

client = CerebrasBuilder().with_model("gpt-oss-120b").with_reasoning("low").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_cerebras.builder import CerebrasBuilder

if TYPE_CHECKING:
    from chat_cerebras.client import CerebrasClient

__version__ = "0.1.0"

__all__ = ["CerebrasBuilder", "CerebrasClient"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(__name__, __all__, {"chat_cerebras.client": "CerebrasClient"})
