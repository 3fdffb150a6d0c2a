"""From a core request to the body of a Messages request. Pure."""

from chat_claude.encode.request import EncodedRequest, encode, encode_count

__all__ = ["EncodedRequest", "encode", "encode_count"]
