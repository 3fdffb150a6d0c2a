"""Responses that are no messages: token counts and lists of models."""

from __future__ import annotations

from chat_core import InvalidResponse, ModelInfo
from chat_core.types.json_values import as_count, as_list, as_text
from chat_core.wire import read_object, read_page


def decode_count(body: bytes) -> int:
    """Return the number of tokens of a request. Raises `InvalidResponse`."""
    counted = read_object(body, "a token count")
    count = as_count(counted.get("input_tokens", counted.get("inputTokens")))
    if count is None:
        raise InvalidResponse(f"a token count without input_tokens: {body[:200]!r}")
    return count


def decode_models(body: bytes) -> tuple[list[ModelInfo], str | None]:
    """Return a page of models, and the id after which the next page begins, or None.

    Raises `ProviderError` for an error in its place, `InvalidResponse`.
    """
    page = read_page(body, "a list of models")
    models = [
        ModelInfo(as_text(model.get("id")), model)
        for model in as_list(page.get("data"))
        if isinstance(model, dict)
    ]
    return models, (as_text(page.get("last_id")) or None) if page.get("has_more") is True else None
