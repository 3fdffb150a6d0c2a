"""A client for Cohere: chat with tool plans and citations, embeddings, rerank.

```python
from chat_cohere import CohereBuilder

client = CohereBuilder().with_model("command-a-03-2025").build()
```
"""

from chat_cohere.builder import CohereBuilder
from chat_cohere.client import CohereClient, EmbeddingCohereClient
from chat_cohere.documents import document

__version__ = "0.1.0"

__all__ = ["CohereBuilder", "CohereClient", "EmbeddingCohereClient", "document"]
