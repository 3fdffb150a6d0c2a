"""A client for Ollama.

```python
from chat_ollama import OllamaBuilder

client = OllamaBuilder().with_model("qwen3:4b").build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_ollama.builder import OllamaBuilder

if TYPE_CHECKING:
    from chat_completions import CompletionsOptions

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

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_completions": "CompletionsOptions",
            "chat_ollama.client": "EmbeddingOllamaClient OllamaClient",
            "chat_ollama.native.decode.models": "ModelDetails",
            "chat_ollama.native.pull": "PullProgress",
            "chat_ollama.progress": "show_progress",
        },
    )
