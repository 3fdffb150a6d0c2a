"""What the rerank endpoints of all vendors share: the body of a request, and ranked documents."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core.types.errors import ConfigurationError, InvalidResponse
from chat_core.types.json_values import JsonObject, JsonValue, as_count, as_object
from chat_core.types.rerank import RerankResult


def rerank_body(
    query: str, documents: Sequence[str], *, model: str, top_n: int | None, limit_field: str = "top_n"
) -> JsonObject:
    """Return the body of a request; `limit_field` is what the server calls `top_n`.

    Raises `ConfigurationError` for an empty query, or `top_n` below 1.
    """
    if not query.strip():
        raise ConfigurationError("rerank(query, documents) needs a query that is not empty")
    if top_n is not None and top_n < 1:
        raise ConfigurationError(f"rerank(top_n={top_n}): at least 1")
    body: JsonObject = {"model": model, "query": query, "documents": list(documents)}
    return body if top_n is None else {**body, limit_field: top_n}


def ranked_documents(items: Sequence[JsonValue], documents: Sequence[str]) -> tuple[RerankResult, ...]:
    """Return the documents that a server ranked, best first: its order counts where scores are equal.

    An item has the `index` of a document, and its `relevance_score` or `score`. Raises `InvalidResponse`.
    """
    results = [_result(as_object(item), documents) for item in items]
    return tuple(sorted(results, key=lambda result: result.score, reverse=True))


def _result(item: JsonObject, documents: Sequence[str]) -> RerankResult:
    index, score = as_count(item.get("index")), item.get("relevance_score", item.get("score"))
    if index is None or not 0 <= index < len(documents):
        raise InvalidResponse(f"a ranked document with an index that none has: {item}")
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise InvalidResponse(f"a ranked document without a score: {item}")
    return RerankResult(index, float(score), documents[index])
