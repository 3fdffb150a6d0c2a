"""From core requests to bodies of the Gemini wire."""

from chat_gemini.encode.request import encode, encode_count

__all__ = ["encode", "encode_count"]
