"""Embeddings of any number of texts, in as many requests as they take."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chat_core.chat.retry import retried
from chat_core.chat.setup import Setup
from chat_core.provider import EmbeddingsProvider
from chat_core.types.embeddings import EmbeddingsResponse, joined
from chat_core.types.errors import ConfigurationError


async def embed_all(
    provider: EmbeddingsProvider, inputs: str | Sequence[str], setup: Setup
) -> EmbeddingsResponse:
    """Return one vector per input, in order. Raises `ConfigurationError` for no texts and for empty ones."""
    texts = [inputs] if isinstance(inputs, str) else list(inputs)
    if not texts or not all(texts):
        raise ConfigurationError("embed(inputs) needs at least one text, and none of them empty")
    size = provider.embedding_batch or len(texts)
    batches = (texts[start : start + size] for start in range(0, len(texts), size))
    return joined([await _embedded(provider, batch, setup) for batch in batches])


async def _embedded(provider: EmbeddingsProvider, batch: Sequence[str], setup: Setup) -> EmbeddingsResponse:
    hooks, embed = setup.hooks, partial(provider.embed, batch)
    if hooks is None or not hooks.embeddings:
        return await retried(embed, setup.retry, [])
    return await hooks.around_embeddings(provider, partial(retried, embed, setup.retry, []))
