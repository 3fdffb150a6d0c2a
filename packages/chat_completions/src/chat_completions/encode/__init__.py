"""From core requests to request bodies. Pure."""

from chat_completions.encode.embeddings import encode_embeddings
from chat_completions.encode.request import encode

__all__ = ["encode", "encode_embeddings"]
