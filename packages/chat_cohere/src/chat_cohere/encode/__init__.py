"""Chat requests as bodies of Cohere's v2 API. Pure: nothing waits, and no message changes."""

from chat_cohere.encode.request import encode

__all__ = ["encode"]
