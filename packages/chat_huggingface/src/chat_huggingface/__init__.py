"""A client for Hugging Face's Inference Providers.

```python
from chat_huggingface import HuggingFaceBuilder

client = HuggingFaceBuilder().with_model("openai/gpt-oss-120b").with_provider("cerebras").build()
```
"""

from chat_huggingface.builder import HuggingFaceBuilder

__version__ = "0.1.0"

__all__ = ["HuggingFaceBuilder"]
