"""Vectors of texts, token ids, images and other files."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.misuse import is_a, kind_of
from chat_core.types.response import Notice
from chat_core.types.usage import Usage

EmbeddingInput: TypeAlias = str | File | Sequence[int] | Sequence[str | File]
"""What one vector is made of: a text, a file, the ids of a text's tokens, or texts and files together."""


def input_kinds(given: EmbeddingInput) -> frozenset[str]:
    """Return what is in an input: "text", "tokens", "image", "audio", "video", "document", and "mixed" where
    several parts make one vector.

    Raises `ConfigurationError` for anything else, and for what is empty.
    """
    if isinstance(given, str | File):
        return frozenset({_kind(given)})
    if is_a(given, bytes, bytearray) or not is_a(given, Sequence) or not given:
        raise ConfigurationError(
            f"an input to embed is a text, a File or a list of them, not {_shown(given)}"
        )
    if all(is_a(one, int) and not is_a(one, bool) for one in given):
        return frozenset({"tokens"})
    return frozenset({"mixed", *map(_kind, given)})


def _kind(part: object) -> str:
    if isinstance(part, File):
        return part.kind
    if not isinstance(part, str):
        raise ConfigurationError(f"an input to embed is a text, a File or a list of them, not {_shown(part)}")
    if not part:
        raise ConfigurationError("embed(inputs) needs at least one text, and none of them empty")
    return "text"


def _shown(given: object) -> str:
    if isinstance(given, bytes | bytearray):
        return "bytes: File.from_bytes(data, 'image/png')"
    return "an empty list" if given in ([], ()) else kind_of(given)


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

    def matrix(self) -> memoryview[float]:
        """Return all vectors as rows of one block of numbers, which `numpy.asarray(response.matrix())` reads
        without a copy: float32 where all vectors are, else float64.

        Raises `ConfigurationError` where there are none, or their lengths differ.
        """
        lengths = {len(embedding) for embedding in self.embeddings}
        if len(lengths) != 1:
            raise ConfigurationError(f"matrix() needs vectors of one length, not of {sorted(lengths)}")
        shape = (len(self.embeddings), lengths.pop())
        vectors = [embedding.vector for embedding in self.embeddings]
        if all(vector.typecode == "f" for vector in vectors):
            return memoryview(b"".join(vector.tobytes() for vector in vectors)).cast("f", shape)
        wide = (vector if vector.typecode == "d" else array("d", vector) for vector in vectors)
        return memoryview(b"".join(vector.tobytes() for vector in wide)).cast("d", shape)


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
