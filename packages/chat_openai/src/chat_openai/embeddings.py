"""Embeddings: texts out, vectors back in the order of the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import EmbeddingsResponse, JsonObject, Usage
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire.error_body import error_from_object
from chat_core.wire.read import read_object
from chat_core.wire.vectors import embeddings_in_order
from chat_core.wire.write import dump


def encode_embeddings(
    inputs: Sequence[str], *, model: str, dimensions: int | None, extra: Mapping[str, object]
) -> bytes:
    """The body of one request. base64 is asked for: it is a third of the bytes, and nothing is parsed digit by digit."""
    body: dict[str, object] = {"model": model, "input": list(inputs), "encoding_format": "base64"}
    if dimensions is not None:
        body["dimensions"] = dimensions
    return dump(body | dict(extra))


def decode_embeddings(body: bytes, *, count: int) -> EmbeddingsResponse:
    """`count` vectors in the order of their indexes, from base64 or JSON numbers alike. Raises `InvalidResponse`."""
    answer = read_object(body, "an embeddings answer")
    if answer.get("error"):
        raise error_from_object(answer)
    return EmbeddingsResponse(
        embeddings_in_order(answer.get("data"), count),
        usage=_usage(as_object(answer.get("usage"))),
        model=as_text(answer.get("model")) or None,
    )


def _usage(said: JsonObject) -> Usage:
    total = as_count(said.get("total_tokens"))
    return Usage(input_tokens=as_count(said.get("prompt_tokens")), total_tokens=total, raw=said)
