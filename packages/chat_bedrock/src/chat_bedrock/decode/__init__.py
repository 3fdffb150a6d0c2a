"""Responses of Bedrock as chat responses. Pure: nothing waits."""

from chat_bedrock.decode.errors import decode_error
from chat_bedrock.decode.response import decode, decode_count, decode_models, decode_profiles

__all__ = ["decode", "decode_count", "decode_error", "decode_models", "decode_profiles"]
