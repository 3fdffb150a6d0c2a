"""A client for the models on Amazon Bedrock, over the Converse API.

```python
from chat_bedrock import BedrockBuilder

client = BedrockBuilder().with_region("us-east-1").with_model("us.amazon.nova-2-lite-v1:0").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_bedrock.builder import BedrockBuilder

if TYPE_CHECKING:
    from chat_core.client import AwsCredentials

    from chat_bedrock.blocks import block, cache_point, document, guarded, search_result
    from chat_bedrock.capabilities import Capabilities, capabilities_of
    from chat_bedrock.client import BedrockClient, EmbeddingBedrockClient
    from chat_bedrock.settings import Guardrail

__version__ = "0.1.0"

__all__ = [
    "AwsCredentials",
    "BedrockBuilder",
    "BedrockClient",
    "Capabilities",
    "EmbeddingBedrockClient",
    "Guardrail",
    "block",
    "cache_point",
    "capabilities_of",
    "document",
    "guarded",
    "search_result",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_bedrock.blocks": "block cache_point document guarded search_result",
            "chat_bedrock.capabilities": "Capabilities capabilities_of",
            "chat_bedrock.client": "BedrockClient EmbeddingBedrockClient",
            "chat_bedrock.settings": "Guardrail",
            "chat_core.client": "AwsCredentials",
        },
    )
