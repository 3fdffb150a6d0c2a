"""From what the Messages API sends to core values. Pure, and independent of `encode`."""

from chat_claude.decode.errors import decode_error
from chat_claude.decode.lists import decode_count, decode_models
from chat_claude.decode.response import decode, decode_object

__all__ = ["decode", "decode_count", "decode_error", "decode_models", "decode_object"]
