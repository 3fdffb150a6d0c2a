"""Responses of Cohere as chat responses. Pure: nothing waits."""

from chat_cohere.decode.errors import decode_error
from chat_cohere.decode.response import decode, decode_models, decode_tokens

__all__ = ["decode", "decode_error", "decode_models", "decode_tokens"]
