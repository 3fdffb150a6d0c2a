"""A client for OpenAI, on the Responses API.

```python
from chat_openai import OpenAIBuilder

client = OpenAIBuilder().with_model("gpt-5.6").build()
```
"""

from chat_responses import ResponsesOptions, approval, approval_requests

from chat_openai.builder import OpenAIBuilder
from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient
from chat_openai.images.client import ImageOpenAIClient
from chat_openai.images.mask import mask

__all__ = [
    "EmbeddingOpenAIClient",
    "ImageOpenAIClient",
    "OpenAIBuilder",
    "OpenAIClient",
    "ResponsesOptions",
    "approval",
    "approval_requests",
    "mask",
]
