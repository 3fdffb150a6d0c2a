"""A client for AI21.

```python
from chat_ai21 import AI21Builder

client = AI21Builder().with_model("jamba-large").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_ai21.builder import AI21Builder

if TYPE_CHECKING:
    from chat_ai21.client import AI21Client

__version__ = "0.1.0"

__all__ = ["AI21Builder", "AI21Client"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(__name__, __all__, {"chat_ai21.client": "AI21Client"})
