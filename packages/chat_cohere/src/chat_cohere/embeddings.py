"""Embeddings of texts and images, by `/v2/embed`."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import ConfigurationError, Embedding, EmbeddingsResponse, File, JsonObject, Usage
from chat_core.types.json_values import as_count, as_list, as_object
from chat_core.wire import check_count, read_object, read_vector

from chat_cohere.decode.errors import unexpected
from chat_cohere.encode.files import image_block
from chat_cohere.settings import EmbeddingOptions

BATCH = 96


def encode_texts(texts: Sequence[str], *, model: str, options: EmbeddingOptions) -> JsonObject:
    """Return the body for these texts."""
    return {"model": model, "input_type": options.input_type, "texts": list(texts), **_options(options)}


def encode_images(images: Sequence[File], *, model: str, options: EmbeddingOptions) -> JsonObject:
    """Return the body for these images. Raises `ConfigurationError` for one that is not here as bytes."""
    urls = [as_object(image_block(image)["image_url"])["url"] for image in images]
    if not all(str(url).startswith("data:") for url in urls):
        raise ConfigurationError("Cohere embeds images as bytes: read them by File.from_path(...)")
    return {"model": model, "input_type": "image", "images": urls, **_options(options)}


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
