"""The responses of the endpoints beside `/responses`: lists of models and token counts."""

from __future__ import annotations

import json

from chat_core import InvalidResponse, ModelInfo
from chat_core.types.json_values import as_count, as_list, as_text
from chat_core.wire import read_object, read_page


def decode_models(body: bytes) -> list[ModelInfo]:
    """Return the models of a list. Raises `ProviderError` for an error in its place."""
    listed = as_list(read_page(body, "a list of models").get("data"))
    return [ModelInfo(as_text(model.get("id")), model) for model in listed if isinstance(model, dict)]


def decode_count(body: bytes) -> int:
    """Return the number of input tokens. Raises `InvalidResponse` where there is none."""
    counted = read_object(body, "a token count")
    if (count := as_count(counted.get("input_tokens"))) is None:
        raise InvalidResponse(f"not a token count: {json.dumps(counted)[:300]}")
    return count
