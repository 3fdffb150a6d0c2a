"""A client for Mistral.

```python
from chat_mistral import MistralBuilder

client = MistralBuilder().with_model("mistral-large-latest").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_mistral.builder import MistralBuilder

if TYPE_CHECKING:
    from chat_mistral.client import EmbeddingMistralClient, MistralClient

__version__ = "0.1.0"

__all__ = ["EmbeddingMistralClient", "MistralBuilder", "MistralClient"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__, __all__, {"chat_mistral.client": "EmbeddingMistralClient MistralClient"}
    )
