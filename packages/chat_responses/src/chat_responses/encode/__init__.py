"""From core values to what is sent. Pure: nothing here does I/O or changes a message."""

from chat_responses.encode.request import EncodedTurn, countable, encode

__all__ = ["EncodedTurn", "countable", "encode"]
