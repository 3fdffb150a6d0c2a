"""What an embeddings request is made of, as servers take it that embed texts and token ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from chat_core.types.embeddings import EmbeddingInput, input_kinds
from chat_core.types.errors import ConfigurationError


def texts_and_tokens(inputs: Sequence[EmbeddingInput], server: str) -> list[str | list[int]]:
    """Return texts, and token ids as lists. Raises `ConfigurationError` for other inputs."""
    found: list[str | list[int]] = []
    for given in inputs:
        if isinstance(given, str):
            found.append(given)
            continue
        if (kinds := input_kinds(given)) != frozenset({"tokens"}):
            raise ConfigurationError(
                f"{server} embeds texts and lists of token ids, not {', '.join(sorted(kinds))}"
            )
        found.append(list(cast("Sequence[int]", given)))
    return found
