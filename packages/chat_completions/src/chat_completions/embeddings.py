"""Embeddings: texts out, vectors back in the order of the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import EmbeddingsResponse, Usage
from chat_core.types.json_values import as_text
from chat_core.wire.error_body import error_from_object
from chat_core.wire.read import read_object
from chat_core.wire.vectors import embeddings_in_order
from chat_core.wire.write import dump

from chat_completions.decode import is_error, usage
from chat_completions.dialect import Dialect


def encode_embeddings(
    inputs: Sequence[str],
    *,
    model: str,
    dialect: Dialect,
    dimensions: int | None,
    extra: Mapping[str, object],
) -> bytes:
    """The body of one request. base64 is asked for: it is a third of the bytes, and nothing is parsed digit by digit."""
    body: dict[str, object] = {"model": model, "input": list(inputs), "encoding_format": "base64"}
    if dimensions is not None:
        body[dialect.dimensions_field] = dimensions
    return dump(body | dict(extra))


def decode_embeddings(body: bytes, *, count: int, dialect: Dialect) -> EmbeddingsResponse:
    """`count` vectors in the order of their indexes, from base64 or JSON numbers alike. Raises `InvalidResponse`."""
    answer = read_object(body, "an embeddings answer")
    if is_error(answer):
        raise error_from_object(answer)
    return EmbeddingsResponse(
        embeddings_in_order(answer.get("data"), count),
        usage=usage(answer.get("usage"), dialect) if answer.get("usage") else Usage(),
        model=as_text(answer.get("model")) or None,
    )
