"""From core's values to the bodies of requests to Ollama's own API."""

from chat_ollama.native.encode.embeddings import encode_embeddings
from chat_ollama.native.encode.request import encode

__all__ = ["encode", "encode_embeddings"]
