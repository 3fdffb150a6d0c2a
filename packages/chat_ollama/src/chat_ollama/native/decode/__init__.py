"""From the responses of Ollama's own API to core's values."""

from chat_ollama.native.decode.embeddings import decode_embeddings
from chat_ollama.native.decode.models import ModelDetails, decode_details, decode_models, decode_version
from chat_ollama.native.decode.response import decode

__all__ = ["ModelDetails", "decode", "decode_details", "decode_embeddings", "decode_models", "decode_version"]
