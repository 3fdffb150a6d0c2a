"""Embeddings over `/api/embed`: texts out, vectors back in the order of the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import Embedding, EmbeddingsResponse, InvalidResponse
from chat_core.types.json_values import as_list, as_text
from chat_core.wire.vectors import read_vector
from chat_core.wire.write import dump

from chat_ollama.native.decode import read_answer, usage
from chat_ollama.native.options import NativeOptions, merged


def encode_embeddings(
    inputs: Sequence[str],
    *,
    model: str,
    dimensions: int | None,
    native: NativeOptions,
    extra: Mapping[str, object],
) -> bytes:
    """The body of one request."""
    body: dict[str, object] = {"model": model, "input": list(inputs), **native.body()}
    if dimensions is not None:
        body["dimensions"] = dimensions
    return dump(merged(body, extra))


def decode_embeddings(body: bytes, *, count: int) -> EmbeddingsResponse:
    """`count` vectors. Raises `ProviderError` for an error under status 200, `InvalidResponse` for anything else."""
    answer = read_answer(body, "an embeddings answer")
    listed = as_list(answer.get("embeddings"))
    if (
        "embeddings" not in answer and "embedding" in answer
    ):  # imitations answer as the older `/api/embeddings` does
        listed = [answer["embedding"]]
    if len(listed) != count:
        raise InvalidResponse(f"{len(listed)} embeddings came for {count} inputs")
    return EmbeddingsResponse(
        tuple(Embedding(read_vector(vector)) for vector in listed),
        usage=usage(answer),
        model=as_text(answer.get("model")) or None,
    )
