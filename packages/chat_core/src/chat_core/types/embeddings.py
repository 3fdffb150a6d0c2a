"""Vectors of texts."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from chat_core.types.response import Notice
from chat_core.types.usage import Usage


@dataclass(frozen=True, slots=True)
class Embedding:
    """One vector, which `numpy.asarray(embedding.vector)` reads without a copy: float32 from base64, float64 from JSON."""

    vector: array[float] = field(repr=False)

    def __len__(self) -> int:
        return len(self.vector)


@dataclass(frozen=True, slots=True)
class EmbeddingsResponse:
    """Vectors, in the order of the inputs."""

    embeddings: tuple[Embedding, ...] = field(repr=False)
    usage: Usage = Usage()
    model: str | None = None
    notices: tuple[Notice, ...] = ()


def joined(answers: Sequence[EmbeddingsResponse]) -> EmbeddingsResponse:
    """The answers to several batches as one."""
    if len(answers) == 1:
        return answers[0]
    return EmbeddingsResponse(
        tuple(embedding for answer in answers for embedding in answer.embeddings),
        usage=sum((answer.usage for answer in answers), Usage()),
        model=answers[0].model,
        notices=tuple(notice for answer in answers for notice in answer.notices),
    )
