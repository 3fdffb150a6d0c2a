"""Embeddings by InvokeModel, where each maker's models have bodies of their own.

Facts: recorded requests and responses, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import ConfigurationError, Embedding, EmbeddingsResponse, JsonObject, JsonValue, Notice, Usage
from chat_core.types.json_values import as_count, as_list, as_object
from chat_core.wire import check_count, read_object, read_vector

from chat_bedrock.decode.errors import unexpected
from chat_bedrock.settings import EmbeddingOptions

_COUNT_HEADER = "x-amzn-bedrock-input-token-count"
_TITAN_V1 = "amazon.titan-embed-text-v1"


def batch_of(model: str) -> int:
    """Return how many texts one request may hold."""
    return 96 if "cohere.embed" in model else 1


def encode_embeddings(inputs: Sequence[str], *, model: str, options: EmbeddingOptions) -> JsonObject:
    """Return the body for these texts. Raises `ConfigurationError` for an option that the model has not, and
    for a model that makes no embeddings."""
    if "cohere.embed" in model:
        return _cohere(inputs, model, options)
    if "titan-embed" in model:
        return _titan(inputs[0], model, options)
    if "nova" in model and "embed" in model:
        return _nova(inputs[0], options)
    raise ConfigurationError(
        f"{model} makes no embeddings that this library knows: Titan, Cohere and Nova do"
    )


def decode_embeddings(
    body: bytes, headers: Mapping[str, str], *, count: int, model: str
) -> EmbeddingsResponse:
    """Return the vectors in the order of the inputs. Raises `InvalidResponse`."""
    frame = read_object(body, "embeddings")
    vectors = _vectors(frame)
    if not vectors:
        raise unexpected(frame, "embeddings")
    check_count(vectors, count)
    tokens = as_count(frame.get("inputTextTokenCount"))
    if tokens is None and (text := headers.get(_COUNT_HEADER, "")).isdecimal() and len(text) < 12:
        tokens = int(text)
    return EmbeddingsResponse(
        tuple(Embedding(read_vector(vector)) for vector in vectors), Usage(input_tokens=tokens), model
    )


def _titan(text: str, model: str, options: EmbeddingOptions) -> JsonObject:
    _refuse(options, "Titan", "purpose", "truncate")
    if _TITAN_V1 in model:
        _refuse(options, "Titan v1", "dimensions", "normalize")
    body: JsonObject = {"inputText": text}
    _set(body, dimensions=options.dimensions, normalize=options.normalize)
    return body


def _cohere(inputs: Sequence[str], model: str, options: EmbeddingOptions) -> JsonObject:
    _refuse(options, "Cohere", "normalize")
    if "embed-v4" not in model:
        _refuse(options, "Cohere v3", "dimensions")
    body: JsonObject = {"texts": list(inputs), "input_type": options.purpose or "search_document"}
    _set(body, truncate=options.truncate, output_dimension=options.dimensions)
    return body


def _nova(text: str, options: EmbeddingOptions) -> JsonObject:
    _refuse(options, "Nova", "normalize")
    params: JsonObject = {"embeddingPurpose": options.purpose or "GENERIC_INDEX"}
    _set(params, embeddingDimension=options.dimensions)
    params["text"] = {"value": text, "truncationMode": options.truncate or "NONE"}
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}


def _vectors(frame: JsonObject) -> list[JsonValue]:
    """Return the vectors of any of the shapes: Titan's one, Cohere's list or object by type, Nova's list of
    objects."""
    if "embedding" in frame:
        return [frame["embedding"]]
    found = frame.get("embeddings")
    if isinstance(found, dict):
        return as_list(found.get("float"))
    return [as_object(item).get("embedding") if isinstance(item, dict) else item for item in as_list(found)]


def _refuse(options: EmbeddingOptions, maker: str, *names: str) -> None:
    for name in names:
        if getattr(options, name) is not None:
            raise ConfigurationError(f"with_embeddings({name}=...): {maker} has no such option on Bedrock")


def _set(body: JsonObject, **values: JsonValue) -> None:
    body |= {name: value for name, value in values.items() if value is not None}


def joined(responses: Sequence[EmbeddingsResponse], model: str) -> EmbeddingsResponse:
    """Return the responses of several requests as one, in order."""
    notices: tuple[Notice, ...] = tuple(notice for response in responses for notice in response.notices)
    return EmbeddingsResponse(
        tuple(embedding for response in responses for embedding in response.embeddings),
        sum((response.usage for response in responses), Usage()),
        model,
        notices,
    )
