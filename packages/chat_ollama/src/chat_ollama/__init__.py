"""A client for Ollama.

```python
from chat_ollama import OllamaBuilder

client = OllamaBuilder().with_model("qwen3").with_context_length(32_768).build()
```
"""

from typing import TYPE_CHECKING

from chat_completions import CompletionsOptions

from chat_ollama.builder import OllamaBuilder
from chat_ollama.progress import show_progress

if TYPE_CHECKING:
    from chat_ollama.client import EmbeddingOllamaClient, OllamaClient
    from chat_ollama.native.decode import ModelDetails
    from chat_ollama.native.stream import PullProgress

__all__ = [
    "CompletionsOptions",
    "EmbeddingOllamaClient",
    "ModelDetails",
    "OllamaBuilder",
    "OllamaClient",
    "PullProgress",
    "show_progress",
]

if not TYPE_CHECKING:  # a checker knows the names, and that there are no others

    def __getattr__(name: str) -> object:
        """What the clients are made of, which is imported with the first of them."""
        homes = {"OllamaClient": "client", "EmbeddingOllamaClient": "client"}
        homes |= {"ModelDetails": "native.decode", "PullProgress": "native.stream"}
        if name not in homes:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"chat_ollama.{homes[name]}"), name)

    def __dir__() -> list[str]:
        return sorted(__all__)
