"""Sessions that talk both ways: OpenAI's realtime protocol, as OpenAI, Azure and xAI speak it.

```python
from chat_openai.realtime import RealtimeBuilder

client = RealtimeBuilder().with_model("gpt-realtime-2").build()
```
"""

from chat_openai.realtime.builder import RealtimeBuilder
from chat_openai.realtime.client import RealtimeClient
from chat_openai.realtime.dialect import AZURE, OPENAI, VOICE_LIVE, XAI, Dialect
from chat_openai.realtime.secret import ClientSecret

__all__ = [
    "AZURE",
    "OPENAI",
    "VOICE_LIVE",
    "XAI",
    "ClientSecret",
    "Dialect",
    "RealtimeBuilder",
    "RealtimeClient",
]
