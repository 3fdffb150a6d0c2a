"""A client for Together.

```python
from chat_together import TogetherBuilder

client = TogetherBuilder().with_model("openai/gpt-oss-120b").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_together.builder import TogetherBuilder

if TYPE_CHECKING:
    from chat_together.client import EmbeddingTogetherClient, TogetherClient

__version__ = "0.1.0"

__all__ = ["EmbeddingTogetherClient", "TogetherBuilder", "TogetherClient"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__, __all__, {"chat_together.client": "EmbeddingTogetherClient TogetherClient"}
    )
