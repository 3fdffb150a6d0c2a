"""Google's Gemini API: thinking, tools, Google's own tools, images out, embeddings.

```python
from chat_gemini import GeminiBuilder

client = GeminiBuilder().with_model("gemini-3.5-flash").with_google_search().build()
```
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_gemini.builder import GeminiBuilder

if TYPE_CHECKING:
    from chat_gemini.client import EmbeddingGeminiClient, GeminiClient
    from chat_gemini.decisions.decider import GeminiDecisions
    from chat_gemini.native_results import CodeRun, Grounding, code_runs, grounding
    from chat_gemini.options import GeminiOptions

__version__ = "0.1.0"

__all__ = [
    "CodeRun",
    "EmbeddingGeminiClient",
    "GeminiBuilder",
    "GeminiClient",
    "GeminiDecisions",
    "GeminiOptions",
    "Grounding",
    "code_runs",
    "grounding",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_gemini.client": "EmbeddingGeminiClient GeminiClient",
            "chat_gemini.decisions.decider": "GeminiDecisions",
            "chat_gemini.native_results": "CodeRun Grounding code_runs grounding",
            "chat_gemini.options": "GeminiOptions",
        },
    )
