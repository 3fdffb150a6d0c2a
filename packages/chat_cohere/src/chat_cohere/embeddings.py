"""Embeddings of texts and images, by `/v2/embed`."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import (
    ConfigurationError,
    Embedding,
    EmbeddingInput,
    EmbeddingsResponse,
    File,
    JsonObject,
    JsonValue,
    Usage,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire import check_count, read_object, read_vector

from chat_cohere.decode.errors import unexpected
from chat_cohere.encode.files import image_block, is_image
from chat_cohere.settings import EmbeddingOptions

BATCH = 96


def takes_mixed(model: str) -> bool:
    """Return whether a model makes one vector of texts and images together: those since embed-v4 do."""
    return "-v3" not in model and "-v2" not in model


def encode_embeddings(
    inputs: Sequence[EmbeddingInput], *, model: str, options: EmbeddingOptions
) -> JsonObject:
    """Return the body for these inputs: texts alone, images alone, or both as contents.

    Raises `ConfigurationError` for other files, for images that are not here as bytes, and for both kinds in
    one request to a model that takes one of them.
    """
    body: JsonObject = {"model": model, "input_type": options.input_type, **_options(options)}
    if all(isinstance(given, str) for given in inputs):
        return {**body, "texts": [str(given) for given in inputs]}
    images = [_image_url(given) for given in inputs if isinstance(given, File)]
    if len(images) == len(inputs):
        return {**body, "input_type": "image", "images": [*images]}
    if not takes_mixed(model):
        raise ConfigurationError(
            f"{model} embeds texts or images, one kind in a request: embed them apart, or use embed-v4.0"
        )
    return {**body, "inputs": [{"content": _content(given)} for given in inputs]}


def _content(given: EmbeddingInput) -> list[JsonValue]:
    parts = [given] if isinstance(given, str | File) else given
    content: list[JsonValue] = []
    for part in parts:
        match part:
            case str():
                content.append({"type": "text", "text": part})
            case File():
                content.append({"type": "image_url", "image_url": {"url": _image_url(part)}})
            case _:
                raise ConfigurationError("Cohere embeds texts and images, no lists of token ids")
    return content


def _image_url(file: File) -> str:
    if not is_image(file):
        raise ConfigurationError(f"Cohere embeds texts and images, not {file.mimetype or 'this file'}")
    url = as_text(as_object(image_block(file)["image_url"]).get("url"))
    if not url.startswith("data:"):
        raise ConfigurationError("Cohere embeds images as bytes: read them by File.from_path(...)")
    return url


def _options(options: EmbeddingOptions) -> JsonObject:
    given: JsonObject = {
        "embedding_types": ["float"],
        "output_dimension": options.dimensions,
        "truncate": options.truncate,
        "max_tokens": options.max_tokens,
    }
    return {name: value for name, value in given.items() if value is not None}


def decode_embeddings(body: bytes, *, count: int, model: str) -> EmbeddingsResponse:
    """Return the vectors in the order of the inputs. Raises `ProviderError` and `InvalidResponse`."""
    frame = read_object(body, "embeddings")
    found = frame.get("embeddings")
    vectors = as_list(found.get("float")) if isinstance(found, dict) else as_list(found)
    if not vectors:
        raise unexpected(frame, "embeddings")
    check_count(vectors, count)
    billed = as_object(as_object(frame.get("meta")).get("billed_units"))
    tokens = [as_count(billed.get(name)) for name in ("input_tokens", "image_tokens")]
    known = [number for number in tokens if number is not None]
    usage = Usage(input_tokens=sum(known) if known else None, raw=billed)
    return EmbeddingsResponse(tuple(Embedding(read_vector(vector)) for vector in vectors), usage, model)
