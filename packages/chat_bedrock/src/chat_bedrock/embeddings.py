"""Embeddings by InvokeModel, where each maker's models have bodies of their own.

Facts: recorded requests and responses, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import (
    ConfigurationError,
    Embedding,
    EmbeddingInput,
    EmbeddingsResponse,
    File,
    JsonObject,
    JsonValue,
    Notice,
    Usage,
)
from chat_core.types.json_values import as_count, as_list, as_object
from chat_core.wire import check_count, read_object, read_vector

from chat_bedrock.decode.errors import unexpected
from chat_bedrock.settings import EmbeddingOptions

_COUNT_HEADER = "x-amzn-bedrock-input-token-count"
_TITAN_V1 = "amazon.titan-embed-text-v1"


def batch_of(model: str) -> int:
    """Return how many texts one request may hold."""
    return 96 if "cohere.embed" in model else 1


def inputs_of(model: str) -> frozenset[str]:
    """Return what a model makes vectors of: Cohere's of images too, and since embed-v4 of both together."""
    if "cohere.embed" not in model:
        return frozenset({"text"})
    return frozenset({"text", "image", "mixed"} if "embed-v4" in model else {"text", "image"})


def encode_embeddings(
    inputs: Sequence[EmbeddingInput], *, model: str, options: EmbeddingOptions
) -> JsonObject:
    """Return the body for these inputs. Raises `ConfigurationError` for an option that the model has not, and
    for a model that makes no embeddings."""
    if "cohere.embed" in model:
        return _cohere(inputs, model, options)
    if "titan-embed" in model:
        return _titan(_text(inputs[0], model), model, options)
    if "nova" in model and "embed" in model:
        return _nova(_text(inputs[0], model), options)
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


def _text(given: EmbeddingInput, model: str) -> str:
    if isinstance(given, str):
        return given
    raise ConfigurationError(f"{model} embeds texts only here")


def _cohere(inputs: Sequence[EmbeddingInput], model: str, options: EmbeddingOptions) -> JsonObject:
    _refuse(options, "Cohere", "normalize")
    if "embed-v4" not in model:
        _refuse(options, "Cohere v3", "dimensions")
    body: JsonObject = {**_contents(inputs, model), "input_type": options.purpose or "search_document"}
    if "images" in body:
        body["input_type"] = "image"
    _set(body, truncate=options.truncate, output_dimension=options.dimensions)
    return body


def _contents(inputs: Sequence[EmbeddingInput], model: str) -> JsonObject:
    """Return texts, images, or contents of both, as Cohere's API has them."""
    if all(isinstance(given, str) for given in inputs):
        return {"texts": [str(given) for given in inputs]}
    images: list[JsonValue] = [_data_url(given, model) for given in inputs if isinstance(given, File)]
    if len(images) == len(inputs):
        return {"images": images}
    if "embed-v4" not in model:
        raise ConfigurationError(f"{model} embeds texts or images, one kind in a request: embed them apart")
    contents: list[JsonValue] = [{"content": [_part(one, model) for one in _parts(each)]} for each in inputs]
    return {"inputs": contents}


def _parts(given: EmbeddingInput) -> Sequence[str | File | int]:
    return [given] if isinstance(given, str | File) else given


def _part(part: str | File | int, model: str) -> JsonValue:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return {"type": "image_url", "image_url": {"url": _data_url(part, model)}}


def _data_url(file: File | int, model: str) -> str:
    if not isinstance(file, File) or file.kind != "image" or file.data is None:
        raise ConfigurationError(f"{model} embeds texts, and images as bytes: File.from_path(...) reads them")
    return f"data:{file.mimetype};base64,{file.base64()}"


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
