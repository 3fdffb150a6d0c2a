"""Vectors of texts."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from chat_core.types.response import Notice
from chat_core.types.usage import Usage


@dataclass(frozen=True, slots=True, repr=False)
class Embedding:
    """One vector, which `numpy.asarray(embedding.vector)` reads without a copy: float32 from base64, float64
    from JSON.
    """

    vector: array[float] = field(repr=False)

    def __len__(self) -> int:
        return len(self.vector)

    def __repr__(self) -> str:
        return f"Embedding({len(self.vector)} dimensions)"


@dataclass(frozen=True, slots=True)
class EmbeddingsResponse:
    """Vectors, in the order of the inputs."""

    embeddings: tuple[Embedding, ...] = field(repr=False)
    usage: Usage = Usage()
    model: str | None = None
    notices: tuple[Notice, ...] = ()


def joined(responses: Sequence[EmbeddingsResponse]) -> EmbeddingsResponse:
    """Return the responses to several batches as one."""
    if len(responses) == 1:
        return responses[0]
    return EmbeddingsResponse(
        tuple(embedding for response in responses for embedding in response.embeddings),
        usage=sum((response.usage for response in responses), Usage()),
        model=responses[0].model,
        notices=tuple(notice for response in responses for notice in response.notices),
    )
