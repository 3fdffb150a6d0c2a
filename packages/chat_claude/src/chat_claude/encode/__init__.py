"""From a core request to the body of a Messages request. Pure."""

from chat_claude.encode.encoded import EncodedRequest
from chat_claude.encode.request import encode, encode_count

__all__ = ["EncodedRequest", "encode", "encode_count"]
