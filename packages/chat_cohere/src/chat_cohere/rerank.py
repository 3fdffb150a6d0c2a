"""Rerank: documents in the order of how well they answer a query, by `/v2/rerank`."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import ConfigurationError, InvalidResponse, JsonObject, RerankResponse, RerankResult, Usage
from chat_core.types.json_values import as_count, as_list, as_object
from chat_core.wire import read_object

from chat_cohere.decode.errors import unexpected


def encode_rerank(query: str, documents: Sequence[str], *, model: str, top_n: int | None) -> JsonObject:
    """Return the body of a request. Raises `ConfigurationError` for an empty query, or `top_n` below 1."""
    if not query.strip():
        raise ConfigurationError("rerank(query, documents) needs a query that is not empty")
    if top_n is not None and top_n < 1:
        raise ConfigurationError(f"rerank(top_n={top_n}): at least 1")
    body: JsonObject = {"model": model, "query": query, "documents": list(documents)}
    return body if top_n is None else {**body, "top_n": top_n}


def decode_rerank(body: bytes, documents: Sequence[str], *, model: str) -> RerankResponse:
    """Return the documents as the server ranks them. Raises `ProviderError` and `InvalidResponse`."""
    frame = read_object(body, "ranked documents")
    if not isinstance(frame.get("results"), list):
        raise unexpected(frame, "ranked documents")
    results = tuple(_result(as_object(item), documents) for item in as_list(frame["results"]))
    billed = as_object(as_object(frame.get("meta")).get("billed_units"))
    return RerankResponse(
        results, Usage(input_tokens=as_count(billed.get("input_tokens")), raw=billed), model
    )


def _result(item: JsonObject, documents: Sequence[str]) -> RerankResult:
    index, score = as_count(item.get("index")), item.get("relevance_score")
    if index is None or not 0 <= index < len(documents):
        raise InvalidResponse(f"a ranked document with an index that none has: {item}")
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise InvalidResponse(f"a ranked document without a score: {item}")
    return RerankResult(index, float(score), documents[index])
