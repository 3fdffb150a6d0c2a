"""The body of an embeddings request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import EmbeddingInput
from chat_core.wire import texts_and_tokens

from chat_completions.dialect import Dialect


def encode_embeddings(
    inputs: Sequence[EmbeddingInput],
    *,
    model: str,
    dialect: Dialect,
    dimensions: int | None,
    extra: Mapping[str, object],
) -> dict[str, object]:
    """Return the body for texts, or for texts as lists of token ids.

    Vectors are requested in base64 where the server has that: it is a third of the bytes, and nothing is
    parsed digit by digit. Raises `ConfigurationError` for other inputs.
    """
    listed = texts_and_tokens(inputs, dialect.name)
    body: dict[str, object] = {"model": model, "input": listed}
    if dialect.fields.base64_vectors:
        body["encoding_format"] = "base64"
    if dimensions is not None:
        body[dialect.fields.dimensions or "dimensions"] = dimensions
    return body | dict(extra)
