"""Embeddings: batches out, vectors back in the order of the inputs."""

from __future__ import annotations

import sys
from array import array
from binascii import Error, a2b_base64
from collections.abc import Mapping, Sequence

from chat_core import Embedding, EmbeddingsResponse, InvalidResponse, JsonObject, JsonValue, Usage
from chat_core.jsonvalue import as_list, as_object, as_text

from chat_completions.decode import decode_error, is_error, usage
from chat_completions.dialect import Dialect
from chat_completions.encode import dump
from chat_completions.wire import read_object


def batches(inputs: Sequence[str], dialect: Dialect) -> list[Sequence[str]]:
    """The inputs in pieces that the server accepts."""
    size = dialect.embedding_batch
    return [inputs[start : start + size] for start in range(0, len(inputs), size)]


def encode_embeddings(
    inputs: Sequence[str], *, model: str, dialect: Dialect, dimensions: int | None, extra: Mapping[str, object]
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
        raise decode_error(200, {}, body)
    listed = [item for item in as_list(answer.get("data")) if isinstance(item, dict)]
    listed.sort(key=_index)
    if len(listed) != count:
        raise InvalidResponse(f"{len(listed)} embeddings came for {count} inputs")
    return EmbeddingsResponse(
        tuple(Embedding(_vector(item.get("embedding"))) for item in listed),
        usage=usage(answer.get("usage"), dialect) if answer.get("usage") else Usage(),
        model=as_text(answer.get("model")) or None,
    )


def join(answers: Sequence[EmbeddingsResponse]) -> EmbeddingsResponse:
    """The answers to several batches as one."""
    if len(answers) == 1:
        return answers[0]
    vectors = tuple(embedding for answer in answers for embedding in answer.embeddings)
    model = next((answer.model for answer in answers), None)
    return EmbeddingsResponse(vectors, usage=sum((answer.usage for answer in answers), Usage()), model=model)


def _index(item: JsonObject) -> int:
    index = item.get("index")
    return index if isinstance(index, int) else 0


def _vector(value: JsonValue) -> array[float]:
    match value:
        case "" | []:
            raise InvalidResponse("an embedding without numbers")
        case str():
            try:
                vector = array("f", a2b_base64(value, strict_mode=True))  # float32, little-endian
            except (Error, ValueError) as exc:
                raise InvalidResponse(f"not base64 of float32 numbers: {value[:60]!r}") from exc
            if sys.byteorder == "big":
                vector.byteswap()
            return vector
        case list():
            try:
                return array("d", value)  # type: ignore[arg-type]  # what is no number raises right here
            except (TypeError, OverflowError) as exc:
                raise InvalidResponse(f"not a vector of numbers: {str(value)[:60]}") from exc
        case _:
            raise InvalidResponse(f"not an embedding: {str(as_object(value) or value)[:60]}")
