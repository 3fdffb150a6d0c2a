"""The vectors of an embeddings response."""

from __future__ import annotations

from chat_core import EmbeddingsResponse, JsonObject
from chat_core.types.json_values import as_text
from chat_core.wire import embeddings_in_order, error_from_object, is_error_object, read_object

from chat_completions.decode.usage import usage
from chat_completions.dialect import Dialect


def decode_embeddings(body: bytes, *, count: int, dialect: Dialect) -> EmbeddingsResponse:
    """Return `count` vectors in the order of the inputs, from base64 or JSON numbers alike.

    Raises `ProviderError` for an error under status 200, and `InvalidResponse`.
    """
    return embeddings_of(read_object(body, "an embeddings response"), count=count, dialect=dialect)


def embeddings_of(response: JsonObject, *, count: int, dialect: Dialect) -> EmbeddingsResponse:
    """Return the vectors of an embeddings response, as `decode_embeddings` does."""
    if response.get("error") or ("data" not in response and is_error_object(response)):
        raise error_from_object(response)
    return EmbeddingsResponse(
        embeddings_in_order(response.get("data"), count),
        usage=usage(response.get("usage"), dialect),
        model=as_text(response.get("model")) or None,
    )
