"""Lists of models, and counts of tokens."""

from __future__ import annotations

from chat_core import InvalidResponse, JsonObject, ModelInfo
from chat_core.types.json_values import as_count, as_list, as_text
from chat_core.wire import read_object

from chat_gemini.decode.errors import check_frame


def decode_tokens(body: bytes) -> int:
    """Return how many tokens were counted.

    Raises `InvalidResponse`, and the error that the body describes.
    """
    counted = _read(body, "a count of tokens")
    count = as_count(counted.get("totalTokens"))
    if count is None and "promptTokensDetails" not in counted and counted:
        raise InvalidResponse(f"not a count of tokens: {body[:300].decode('utf-8', 'replace')}")
    return count or 0  # zero is left out


def decode_models(body: bytes) -> tuple[list[ModelInfo], str | None]:
    """Return a page of the models, and the token of the next page, or None."""
    page = _read(body, "a list of models")
    listed = as_list(page.get("models")) or as_list(page.get("publisherModels"))
    models = [_model(model) for model in listed if isinstance(model, dict)]
    return models, as_text(page.get("nextPageToken")) or None


def _read(body: bytes, what: str) -> JsonObject:
    read = read_object(body, what)
    check_frame(read)
    return read


def _model(model: JsonObject) -> ModelInfo:
    name = as_text(model.get("name"))
    return ModelInfo(name.removeprefix("publishers/google/").removeprefix("models/"), model)
