"""A client for every server that speaks the Responses wire.

```python
from chat_responses import ResponsesBuilder

client = ResponsesBuilder().with_base_url("http://localhost:8000/v1").with_model("gpt-oss").build()
```
"""

from chat_responses.approvals import approval, approval_requests
from chat_responses.builder import ResponsesBuilder
from chat_responses.client import ResponsesClient
from chat_responses.options import ResponsesOptions

__all__ = ["ResponsesBuilder", "ResponsesClient", "ResponsesOptions", "approval", "approval_requests"]
