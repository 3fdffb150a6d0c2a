"""From what the server sends to core values. Nothing here does I/O or imports `encode`."""

from chat_responses.decode.errors import decode_error, event_error, is_error_frame
from chat_responses.decode.lists import decode_count, decode_models
from chat_responses.decode.parts import read_item
from chat_responses.decode.response import UNFINISHED, check, decode, decode_object, response
from chat_responses.decode.usage import usage

__all__ = [
    "UNFINISHED",
    "check",
    "decode",
    "decode_count",
    "decode_error",
    "decode_models",
    "decode_object",
    "event_error",
    "is_error_frame",
    "read_item",
    "response",
    "usage",
]
