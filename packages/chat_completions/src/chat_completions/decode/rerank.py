"""The documents of a rerank response."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import InvalidResponse, RerankResponse
from chat_core.types.json_values import as_list, as_text
from chat_core.wire import error_from_object, is_error_object, ranked_documents, read_object

from chat_completions.decode.usage import usage
from chat_completions.dialect import Dialect


def decode_rerank(
    body: bytes, *, documents: Sequence[str], top_n: int | None, model: str, dialect: Dialect
) -> RerankResponse:
    """Return the documents, best first. They stand in `results`, at Voyage in `data`.

    Raises `ProviderError` for an error under status 200, and `InvalidResponse`.
    """
    response = read_object(body, "ranked documents")
    items = response.get("results", response.get("data"))
    if not isinstance(items, list):
        if is_error_object(response):
            raise error_from_object(response)
        raise InvalidResponse(f"no ranked documents: {body[:200]!r}")
    ranked = ranked_documents(as_list(items), documents)
    return RerankResponse(
        ranked[:top_n],  # some servers return all documents, whatever the limit is
        usage(response.get("usage"), dialect),
        as_text(response.get("model")) or model,
    )
