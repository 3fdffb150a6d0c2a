"""What a vector is for: a field of the request, or words in front of the text."""

from __future__ import annotations

from chat_core import ConfigurationError, JsonObject

from chat_gemini.capabilities import prefixes_tasks
from chat_gemini.options import DOCUMENT, EmbeddingOptions

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


def embedded_text(text: str, model: str, options: EmbeddingOptions) -> str:
    """Return the text as the model wants it, with its task in front where the model reads it there.

    Raises `ConfigurationError` for a task without a prefix.
    """
    return _prefixed(text, options) if prefixes_tasks(model) and options.task is not None else text


def embedding_fields(model: str, options: EmbeddingOptions) -> JsonObject:
    """Return the options of a vector as fields of the request."""
    fields: JsonObject = {}
    if options.task is not None and not prefixes_tasks(model):
        fields["taskType"] = options.task
        if options.title is not None:
            fields["title"] = options.title
    if options.dimensions is not None:
        fields["outputDimensionality"] = options.dimensions
    return fields


def _prefixed(text: str, options: EmbeddingOptions) -> str:
    if options.task == DOCUMENT:
        return f"title: {options.title or 'none'} | text: {text}"
    if options.task not in _TASKS:
        raise ConfigurationError(
            f"no such task: {options.task!r}; there are {', '.join([*_TASKS, DOCUMENT])}"
        )
    return f"task: {_TASKS[options.task]} | query: {text}"
