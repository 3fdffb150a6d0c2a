"""Embeddings: texts out, vectors back in the order of the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_core import (
    ConfigurationError,
    Embedding,
    EmbeddingsResponse,
    InvalidResponse,
    JsonObject,
    Notice,
    Usage,
)
from chat_core.types.json_values import as_count, as_list, as_object
from chat_core.wire.vectors import read_vector
from chat_core.wire.write import dump

from chat_gemini.decode import chunks_of
from chat_gemini.encode import merged, model_path
from chat_gemini.generation import prefixes_tasks

BATCH = 100  # requests in one batchEmbedContents

# how gemini-embedding-2 is told what a vector is for, in front of the text
_TASKS = {
    "RETRIEVAL_QUERY": "search result",
    "QUESTION_ANSWERING": "question answering",
    "FACT_VERIFICATION": "fact checking",
    "CODE_RETRIEVAL_QUERY": "code retrieval",
    "CLASSIFICATION": "classification",
    "CLUSTERING": "clustering",
    "SEMANTIC_SIMILARITY": "sentence similarity",
}
_DOCUMENT = "RETRIEVAL_DOCUMENT"


@dataclass(frozen=True, slots=True)
class EmbeddingOptions:
    """What the vectors are to be: how long, for which task, and for documents of which title."""

    dimensions: int | None = None
    task: str | None = None
    title: str | None = None

    def __post_init__(self) -> None:
        if self.title is not None and self.task != _DOCUMENT:
            raise ConfigurationError(
                f"a title goes with documents only: with_embeddings(task={_DOCUMENT!r}, title=...)"
            )


def encode_embeddings(
    inputs: Sequence[str], *, model: str, options: EmbeddingOptions, extra: Mapping[str, object]
) -> bytes:
    """The body of one request, each text a request of its own in it. Raises `ConfigurationError` for a task without a prefix."""
    return dump(merged({"requests": [_request(text, model, options) for text in inputs]}, extra))


def _request(text: str, model: str, options: EmbeddingOptions) -> JsonObject:
    prefixed = prefixes_tasks(model) and options.task is not None
    said = _prefixed(text, options) if prefixed else text
    request: JsonObject = {"model": model_path(model), "content": {"parts": [{"text": said}]}}
    if options.task is not None and not prefixed:
        request["taskType"] = options.task
        if options.title is not None:
            request["title"] = options.title
    if options.dimensions is not None:
        request["outputDimensionality"] = options.dimensions
    return request


def _prefixed(text: str, options: EmbeddingOptions) -> str:
    if options.task == _DOCUMENT:
        return f"title: {options.title or 'none'} | text: {text}"
    if options.task not in _TASKS:
        raise ConfigurationError(
            f"no such task: {options.task!r}; there are {', '.join([*_TASKS, _DOCUMENT])}"
        )
    return f"task: {_TASKS[options.task]} | query: {text}"


def decode_embeddings(
    body: bytes, *, count: int, model: str, options: EmbeddingOptions
) -> EmbeddingsResponse:
    """`count` vectors in the order they came, which is that of the inputs. Raises `InvalidResponse`."""
    [answer] = chunks_of(body, "an embeddings answer")[:1] or [{}]
    single = [answer["embedding"]] if "embedding" in answer else []  # of embedContent
    listed = (
        as_list(answer.get("embeddings"))
        or single
        or [
            as_object(prediction).get("embeddings")
            for prediction in as_list(answer.get("predictions"))  # of Google Cloud's own models
        ]
    )
    if len(listed) != count:
        raise InvalidResponse(f"{len(listed)} embeddings came for {count} inputs")
    used = as_object(answer.get("usageMetadata"))
    return EmbeddingsResponse(
        tuple(Embedding(read_vector(as_object(item).get("values"))) for item in listed),
        usage=Usage(input_tokens=as_count(used.get("promptTokenCount")), raw=used),
        model=model,
        notices=_notices(model, options),
    )


def _notices(model: str, options: EmbeddingOptions) -> tuple[Notice, ...]:
    if "gemini-embedding-001" not in model or options.dimensions in (None, 3072):
        return ()
    return (
        Notice(
            "dimensions",
            f"{model} gives vectors of length 1 at 3072 dimensions only: normalise before a dot product",
        ),
    )
