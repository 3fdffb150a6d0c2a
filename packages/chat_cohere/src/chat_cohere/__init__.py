"""A client for Cohere: chat with tool plans and citations, embeddings, rerank.

```python
from chat_cohere import CohereBuilder

client = CohereBuilder().with_model("command-a-03-2025").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_cohere.builder import CohereBuilder

if TYPE_CHECKING:
    from chat_cohere.client import CohereClient, EmbeddingCohereClient
    from chat_cohere.documents import document

__version__ = "0.1.0"

__all__ = ["CohereBuilder", "CohereClient", "EmbeddingCohereClient", "document"]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_cohere.client": "CohereClient EmbeddingCohereClient",
            "chat_cohere.documents": "document",
        },
    )
