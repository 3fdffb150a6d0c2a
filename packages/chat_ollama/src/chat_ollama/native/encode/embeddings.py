"""The body of `/api/embed`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import ConfigurationError

from chat_ollama.settings import RequestDefaults, merge_extra

_NO_EXTRA: Mapping[str, object] = {}


def encode_embeddings(
    inputs: Sequence[object],
    *,
    model: str,
    dimensions: int | None,
    defaults: RequestDefaults,
    extra: Mapping[str, object] = _NO_EXTRA,
) -> dict[str, object]:
    """Return the body of one request; `extra` is merged last.

    Raises `ConfigurationError` for inputs that are not text: the server takes no token ids.
    """
    if not all(isinstance(text, str) for text in inputs):
        raise ConfigurationError("ollama embeds texts, not lists of token ids: pass the texts themselves")
    body: dict[str, object] = {"model": model, "input": list(inputs), **defaults.body()}
    if dimensions is not None:
        body["dimensions"] = dimensions
    return merge_extra(body, extra)
