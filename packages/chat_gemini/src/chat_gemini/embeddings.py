"""Embeddings: texts and files out, vectors back in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import (
    ConfigurationError,
    EmbeddingInput,
    EmbeddingsResponse,
    File,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Notice,
    Usage,
)
from chat_core.types.embeddings import input_kinds
from chat_core.types.json_values import as_count, as_list, as_object
from chat_core.types.plain_json import as_json
from chat_core.wire import embeddings_in_order

from chat_gemini.capabilities import Endpoint, has_media_embeddings
from chat_gemini.decode.response import read_frames
from chat_gemini.embedding_tasks import embedded_text, embedding_fields
from chat_gemini.encode.files import file_part
from chat_gemini.encode.request import merged
from chat_gemini.names import model_path
from chat_gemini.options import EmbeddingOptions

BATCH = 100  # requests in one batchEmbedContents


def inputs_of(model: str) -> frozenset[str]:
    """Return what a model makes vectors of: since gemini-embedding-2 of files too, alone or with texts."""
    if has_media_embeddings(model):
        return frozenset({"text", "image", "audio", "video", "document", "mixed"})
    return frozenset({"text"})


def encode_embeddings(
    inputs: Sequence[EmbeddingInput],
    *,
    model: str,
    options: EmbeddingOptions,
    endpoint: Endpoint,
    extra: Mapping[str, object],
) -> tuple[str, dict[str, object]]:
    """Return the method of the model that embeds these inputs, and the body of its request.

    Raises `ConfigurationError` for a task without a prefix, and for what the model makes no vectors of.
    """
    texts = [_embedded_parts(given, model, options) for given in inputs]
    fields = embedding_fields(model, options)
    if not endpoint.has_predict:
        method, body = "batchEmbedContents", _batch(texts, {"model": model_path(model, endpoint)}, fields)
    elif "gemini" not in model.rpartition("/")[2]:
        method, body = "predict", _prediction(texts, fields)
    elif len(texts) == 1:
        method, body = "embedContent", _one(texts[0], {"embedContentConfig": fields} if fields else {})
    else:
        config: JsonObject = {"embedContentConfig": fields} if fields else {}
        method, body = "batchEmbedContents", _batch(texts, {}, config)
    return method, merged(body, extra)


def decode_embeddings(
    body: bytes, *, count: int, model: str, options: EmbeddingOptions
) -> EmbeddingsResponse:
    """Return `count` vectors in the order of the inputs. Raises `InvalidResponse`."""
    frames = read_frames(body, "a response of embeddings")
    return embeddings_of(frames[0] if frames else {}, count=count, model=model, options=options)


def embeddings_of(
    response: JsonObject, *, count: int, model: str, options: EmbeddingOptions
) -> EmbeddingsResponse:
    """Return the vectors of a response object, as `decode_embeddings` does."""
    used = as_object(response.get("usageMetadata"))
    return EmbeddingsResponse(
        embeddings_in_order(_items(response), count),
        usage=Usage(input_tokens=as_count(used.get("promptTokenCount")), raw=used),
        model=model,
        notices=_notices(model, options),
    )


def _embedded_parts(given: EmbeddingInput, model: str, options: EmbeddingOptions) -> list[JsonValue]:
    """Return the parts of one vector. A text alone has its task in front of it, where the model reads it
    there.
    """
    if isinstance(given, str):
        return [{"text": embedded_text(given, model, options)}]
    if other := input_kinds(given) - inputs_of(model):
        raise ConfigurationError(f"{model} makes no vectors of {', '.join(sorted(other))}")
    parts = [given] if isinstance(given, File) else [*given]
    return [_part(part) for part in parts]


def _part(part: str | File | int) -> JsonValue:
    if isinstance(part, File):
        return as_json(file_part(part, None))
    return {"text": str(part)}


def _one(parts: list[JsonValue], fields: JsonObject) -> JsonObject:
    return {"content": {"parts": parts}, **fields}


def _batch(texts: list[list[JsonValue]], before: JsonObject, fields: JsonObject) -> JsonObject:
    return {"requests": [{**before, **_one(text, fields)} for text in texts]}


def _prediction(texts: list[list[JsonValue]], fields: JsonObject) -> JsonObject:
    """Return the body of `:predict`, which the embedding models before Gemini's have on Vertex."""
    about: JsonObject = {}
    if "taskType" in fields:
        about["task_type"] = fields["taskType"]
    if "title" in fields:
        about["title"] = fields["title"]
    body: JsonObject = {"instances": [{**_text_of(parts), **about} for parts in texts]}
    if "outputDimensionality" in fields:
        body["parameters"] = {"outputDimensionality": fields["outputDimensionality"]}
    return body


def _text_of(parts: list[JsonValue]) -> JsonObject:
    return {"content": as_object(parts[0]).get("text")}  # these models take nothing else


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
