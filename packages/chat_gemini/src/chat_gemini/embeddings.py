"""Embeddings: texts out, vectors back in the order of the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import (
    ConfigurationError,
    EmbeddingsResponse,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Notice,
    Usage,
)
from chat_core.types.json_values import as_count, as_list, as_object
from chat_core.wire import embeddings_in_order

from chat_gemini.capabilities import prefixes_tasks
from chat_gemini.decode.response import read_frames
from chat_gemini.encode.request import merged
from chat_gemini.names import model_path
from chat_gemini.options import DOCUMENT, EmbeddingOptions

BATCH = 100  # requests in one batchEmbedContents

# how gemini-embedding-2 reads what a vector is for, in front of the text
_TASKS = {
    "RETRIEVAL_QUERY": "search result",
    "QUESTION_ANSWERING": "question answering",
    "FACT_VERIFICATION": "fact checking",
    "CODE_RETRIEVAL_QUERY": "code retrieval",
    "CLASSIFICATION": "classification",
    "CLUSTERING": "clustering",
    "SEMANTIC_SIMILARITY": "sentence similarity",
}


def encode_embeddings(
    inputs: Sequence[str], *, model: str, options: EmbeddingOptions, extra: Mapping[str, object]
) -> dict[str, object]:
    """Return the body of one request, each text a request of its own in it.

    Raises `ConfigurationError` for a task without a prefix, and for an input that is no text.
    """
    return merged({"requests": [_request(text, model, options) for text in inputs]}, extra)


def decode_embeddings(
    body: bytes, *, count: int, model: str, options: EmbeddingOptions
) -> EmbeddingsResponse:
    """Return `count` vectors in the order of the inputs. Raises `InvalidResponse`."""
    frames = read_frames(body, "a response of embeddings")
    response = frames[0] if frames else {}
    used = as_object(response.get("usageMetadata"))
    return EmbeddingsResponse(
        embeddings_in_order(_items(response), count),
        usage=Usage(input_tokens=as_count(used.get("promptTokenCount")), raw=used),
        model=model,
        notices=_notices(model, options),
    )


def _request(text: str, model: str, options: EmbeddingOptions) -> JsonObject:
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # other servers take token ids
        raise ConfigurationError("Gemini embeds texts only, no lists of token ids")
    prefixes = prefixes_tasks(model) and options.task is not None
    content = _prefixed(text, options) if prefixes else text
    request: JsonObject = {"model": model_path(model), "content": {"parts": [{"text": content}]}}
    if options.task is not None and not prefixes:
        request["taskType"] = options.task
        if options.title is not None:
            request["title"] = options.title
    if options.dimensions is not None:
        request["outputDimensionality"] = options.dimensions
    return request


def _prefixed(text: str, options: EmbeddingOptions) -> str:
    if options.task == DOCUMENT:
        return f"title: {options.title or 'none'} | text: {text}"
    if options.task not in _TASKS:
        raise ConfigurationError(
            f"no such task: {options.task!r}; there are {', '.join([*_TASKS, DOCUMENT])}"
        )
    return f"task: {_TASKS[options.task]} | query: {text}"


def _items(response: JsonObject) -> JsonValue:
    """Return the vectors of a response, each as `{"index": …, "embedding": …}` where it has an index."""
    found = response.get("embeddings") or response.get("embedding")
    if found:
        vectors = [found] if isinstance(found, dict) else as_list(found)  # embedContent has one
    else:  # Google Cloud's own models
        vectors = [as_object(item).get("embeddings") for item in as_list(response.get("predictions"))]
    if not vectors:
        raise InvalidResponse(f"a response without embeddings: {str(response)[:300]}")
    items = map(as_object, vectors)
    return [{"index": item.get("index"), "embedding": item.get("values")} for item in items]


def _notices(model: str, options: EmbeddingOptions) -> tuple[Notice, ...]:
    if "gemini-embedding-001" not in model or options.dimensions in (None, 3072):
        return ()
    return (
        Notice(
            "dimensions",
            f"{model} gives vectors of length 1 at 3072 dimensions only: normalise before a dot product",
        ),
    )
