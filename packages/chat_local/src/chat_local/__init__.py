"""A model in this process: llama.cpp as a library, without a server and without a key.

```python
from chat_local import LocalBuilder

client = LocalBuilder().with_model("smollm2").build()
```
"""

from chat_completions import CompletionsOptions

from chat_local.builder import LocalBuilder
from chat_local.client import EmbeddingLocalClient, LocalClient

__version__ = "0.1.0"

__all__ = ["CompletionsOptions", "EmbeddingLocalClient", "LocalBuilder", "LocalClient"]
