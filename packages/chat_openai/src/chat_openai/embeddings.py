"""Embeddings: texts out, vectors back in the order of the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import EmbeddingInput, EmbeddingsResponse, JsonObject, Usage
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire import (
    Encoded,
    embeddings_in_order,
    error_from_object,
    is_error_object,
    read_object,
    texts_and_tokens,
)


def encode_embeddings(
    inputs: Sequence[EmbeddingInput], *, model: str, dimensions: int | None, extra: Mapping[str, object]
) -> Encoded:
    """Return the body of one request, for vectors in base64: a third of the bytes of JSON numbers."""
    listed = texts_and_tokens(inputs, "OpenAI")
    body: dict[str, object] = {"model": model, "input": listed, "encoding_format": "base64"}
    if dimensions is not None:
        body["dimensions"] = dimensions
    return Encoded(body | dict(extra))


def decode_embeddings(body: bytes, *, count: int) -> EmbeddingsResponse:
    """Return `count` vectors in the order of the inputs.

    Raises `InvalidResponse`, and `ProviderError` for an error.
    """
    return embeddings_of(read_object(body, "an embeddings response"), count=count)


def embeddings_of(answer: JsonObject, *, count: int) -> EmbeddingsResponse:
    """Return the vectors of an embeddings response, as `decode_embeddings` does."""
    if answer.get("error") or ("data" not in answer and is_error_object(answer)):
        raise error_from_object(answer)
    used = as_object(answer.get("usage"))
    return EmbeddingsResponse(
        embeddings_in_order(answer.get("data"), count),
        usage=Usage(
            input_tokens=as_count(used.get("prompt_tokens")),
            total_tokens=as_count(used.get("total_tokens")),
            raw=used,
        ),
        model=as_text(answer.get("model")) or None,
    )
