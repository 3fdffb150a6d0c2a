"""Chat requests as bodies of the Converse API. Pure: nothing waits, and no message changes."""

from chat_bedrock.encode.request import encode, encode_count

__all__ = ["encode", "encode_count"]
