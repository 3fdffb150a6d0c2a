"""A client for Groq.

```python
from chat_groq import GroqBuilder

client = GroqBuilder().with_model("openai/gpt-oss-120b").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_groq.builder import GroqBuilder

if TYPE_CHECKING:
    from chat_groq.client import GroqClient

__version__ = "0.1.0"

__all__ = ["GroqBuilder", "GroqClient"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(__name__, __all__, {"chat_groq.client": "GroqClient"})
