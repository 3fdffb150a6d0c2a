"""From response bodies to core responses. Pure. `chat_core.wire` reads the bodies of errors."""

from chat_completions.decode.embeddings import decode_embeddings, embeddings_of
from chat_completions.decode.models import decode_models
from chat_completions.decode.response import decode, decode_object

__all__ = ["decode", "decode_embeddings", "decode_models", "decode_object", "embeddings_of"]
