"""A client for the models on Amazon Bedrock, over the Converse API.

```python
from chat_bedrock import BedrockBuilder

client = BedrockBuilder().with_region("us-east-1").with_model("us.amazon.nova-2-lite-v1:0").build()
```
"""

from chat_core.client import AwsCredentials

from chat_bedrock.blocks import block, cache_point, document, guarded, search_result
from chat_bedrock.builder import BedrockBuilder
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
