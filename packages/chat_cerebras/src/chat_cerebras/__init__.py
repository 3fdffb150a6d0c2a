"""A client for Cerebras.

```python
from chat_cerebras import CerebrasBuilder

client = CerebrasBuilder().with_model("gpt-oss-120b").with_reasoning("low").build()
```
"""

from chat_cerebras.builder import CerebrasBuilder
from chat_cerebras.client import CerebrasClient

__all__ = ["CerebrasBuilder", "CerebrasClient"]
