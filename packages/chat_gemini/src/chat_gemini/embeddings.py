"""Embeddings: batches out, vectors back in the order of the inputs."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_core import ConfigurationError, Embedding, EmbeddingsResponse, InvalidResponse, JsonObject, JsonValue, Notice, Usage
from chat_core.jsonvalue import as_count, as_list, as_object

from chat_gemini.decode import chunks_of
from chat_gemini.encode import dump, merged, model_path
from chat_gemini.generation import prefixes_tasks
from chat_gemini.wire import read_object

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
            raise ConfigurationError(f"a title goes with documents only: with_embeddings(task={_DOCUMENT!r}, title=...)")


def batches(inputs: Sequence[str]) -> list[Sequence[str]]:
    """The inputs in pieces that the server accepts."""
    return [inputs[start : start + BATCH] for start in range(0, len(inputs), BATCH)]


def encode_embeddings(inputs: Sequence[str], *, model: str, options: EmbeddingOptions, extra: Mapping[str, object]) -> bytes:
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
        raise ConfigurationError(f"no such task: {options.task!r}; there are {', '.join([*_TASKS, _DOCUMENT])}")
    return f"task: {_TASKS[options.task]} | query: {text}"


def decode_embeddings(body: bytes, *, count: int) -> EmbeddingsResponse:
    """`count` vectors in the order they came, which is that of the inputs. Raises `InvalidResponse`."""
    answer = read_object(body, "an embeddings answer")
    chunks_of(answer)
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
    spent = Usage(input_tokens=as_count(used.get("promptTokenCount")), raw=used)
    return EmbeddingsResponse(tuple(Embedding(_vector(as_object(item).get("values"))) for item in listed), usage=spent)


def join(answers: Sequence[EmbeddingsResponse], *, model: str, options: EmbeddingOptions) -> EmbeddingsResponse:
    """The answers to several batches as one."""
    if not answers:
        return EmbeddingsResponse((), model=model)
    vectors = tuple(embedding for answer in answers for embedding in answer.embeddings)
    spent = answers[0].usage if len(answers) == 1 else sum((answer.usage for answer in answers), Usage())
    return EmbeddingsResponse(vectors, usage=spent, model=model, notices=_notices(model, options))


def _notices(model: str, options: EmbeddingOptions) -> tuple[Notice, ...]:
    if "gemini-embedding-001" in model and options.dimensions not in (None, 3072):
        return (
            Notice(
                "dimensions", f"{model} gives vectors of length 1 at 3072 dimensions only: normalise these before a dot product"
            ),
        )
    return ()


def _vector(value: JsonValue) -> array[float]:
    if not isinstance(value, list) or not value:
        raise InvalidResponse(f"not an embedding: {str(value)[:60]}")
    try:
        return array("d", value)  # type: ignore[arg-type]  # what is no number raises right here
    except (TypeError, OverflowError) as exc:
        raise InvalidResponse(f"not a vector of numbers: {str(value)[:60]}") from exc
