"""OpenAI's models at Azure.

```python
from chat_openai.azure import AzureOpenAIBuilder

client = AzureOpenAIBuilder().with_resource("my-resource").with_deployment("my-gpt").build()
```
"""

from chat_openai.azure.builder import AzureOpenAIBuilder
from chat_openai.azure.content_filter import ContentFilter, content_filters

__all__ = ["AzureOpenAIBuilder", "ContentFilter", "content_filters"]
