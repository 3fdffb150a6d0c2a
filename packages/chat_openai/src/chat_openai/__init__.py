"""A client for OpenAI, on the Responses API.

```python
from chat_openai import OpenAIBuilder

client = OpenAIBuilder().with_model("gpt-5.6").build()
```
"""

from chat_responses import ResponsesOptions, approval, approval_requests

from chat_openai.builder import OpenAIBuilder
from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient

__all__ = ["EmbeddingOpenAIClient", "OpenAIBuilder", "OpenAIClient", "ResponsesOptions", "approval", "approval_requests"]
