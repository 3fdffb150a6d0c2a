"""The models that a server lists."""

from __future__ import annotations

from chat_core import ModelInfo
from chat_core.types.json_values import as_list, as_text
from chat_core.wire import error_from_object, is_error_object, read_object
from chat_core.wire.error_body import describes_error


def decode_models(body: bytes) -> list[ModelInfo]:
    """Return the models of a list; a few servers send the bare array.

    Raises `ProviderError`, `InvalidResponse`.
    """
    bare = body.lstrip()[:1] == b"[" and not describes_error(body)
    response = read_object(b'{"data":%b}' % body if bare else body, "a list of models")
    if "data" not in response and is_error_object(response):
        raise error_from_object(response)
    models = (model for model in as_list(response.get("data")) if isinstance(model, dict))
    return [ModelInfo(as_text(model.get("id")), model) for model in models]
