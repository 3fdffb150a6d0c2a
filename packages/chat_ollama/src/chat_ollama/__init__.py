"""A client for Ollama.

```python
from chat_ollama import OllamaBuilder

client = OllamaBuilder().with_model("qwen3:4b").build()
```
"""

from chat_completions import CompletionsOptions

from chat_ollama.builder import OllamaBuilder
from chat_ollama.client import EmbeddingOllamaClient, OllamaClient
from chat_ollama.native.decode.models import ModelDetails
from chat_ollama.native.pull import PullProgress
from chat_ollama.progress import show_progress

__version__ = "0.1.0"

__all__ = [
    "CompletionsOptions",
    "EmbeddingOllamaClient",
    "ModelDetails",
    "OllamaBuilder",
    "OllamaClient",
    "PullProgress",
    "show_progress",
]
