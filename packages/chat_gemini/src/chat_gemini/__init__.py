"""Google's Gemini API: thinking, tools, Google's own tools, images out, embeddings.

```python
from chat_gemini import GeminiBuilder

client = GeminiBuilder().with_model("gemini-3.5-flash").with_google_search().build()
```
"""

from chat_gemini.builder import GeminiBuilder
from chat_gemini.client import EmbeddingGeminiClient, GeminiClient
from chat_gemini.native_results import CodeRun, Grounding, code_runs, grounding
from chat_gemini.options import GeminiOptions

__version__ = "0.1.0"

__all__ = [
    "CodeRun",
    "EmbeddingGeminiClient",
    "GeminiBuilder",
    "GeminiClient",
    "GeminiOptions",
    "Grounding",
    "code_runs",
    "grounding",
]
