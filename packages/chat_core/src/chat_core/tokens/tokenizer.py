"""Exact counts of texts, where a library ships the vocabulary: `pip install chat-core[tokens]`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from chat_core.types.errors import ConfigurationError

if TYPE_CHECKING:
    from chat_core.tokens.measure import CountText


class _Encoding(Protocol):
    def encode_ordinary(self, text: str) -> list[int]: ...


@cache
def text_counter(vocabulary: str) -> CountText:
    """Return what counts the tokens of a text, special tokens as text.

    Raises `ConfigurationError` where the library is not installed. Its first use takes about a second;
    nothing is fetched.
    """
    try:
        module = import_module("bpe_openai")  # 1 s: only who asks for it waits
    except ImportError as exc:
        raise ConfigurationError(
            "counting with a tokenizer needs the package bpe-openai: pip install chat-core[tokens]"
        ) from exc
    get_encoding = cast("Callable[[str], _Encoding]", module.get_encoding)
    encode = get_encoding(vocabulary).encode_ordinary
    return lambda text: float(len(encode(_readable(text)))) if text else 0.0


def _readable(text: str) -> str:
    """Return a text without halves of characters, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text
