"""Rerank: documents in the order of how well they answer a query, by `/v2/rerank`."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import RerankResponse, Usage
from chat_core.types.json_values import as_count, as_list, as_object
from chat_core.wire import ranked_documents, read_object

from chat_cohere.decode.errors import unexpected


def decode_rerank(body: bytes, documents: Sequence[str], *, model: str) -> RerankResponse:
    """Return the documents as the server ranks them. Raises `ProviderError` and `InvalidResponse`."""
    frame = read_object(body, "ranked documents")
    if not isinstance(frame.get("results"), list):
        raise unexpected(frame, "ranked documents")
    billed = as_object(as_object(frame.get("meta")).get("billed_units"))
    usage = Usage(input_tokens=as_count(billed.get("input_tokens")), raw=billed)
    return RerankResponse(ranked_documents(as_list(frame["results"]), documents), usage, model)
