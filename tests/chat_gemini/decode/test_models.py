"""Lists of models, and counts of tokens."""

from __future__ import annotations

import pytest
from chat_core import (
    InvalidResponse,
)
from chat_gemini.decode import decode_models, decode_tokens


def test_models_come_in_pages() -> None:
    models, token = decode_models(
        b'{"models": [{"name": "models/gemini-3.5-flash", "thinking": true}], "nextPageToken": "t"}'
    )
    assert ([model.id for model in models], token) == (["gemini-3.5-flash"], "t")
    assert models[0].raw["thinking"] is True
    assert decode_models(b"{}") == ([], None)


def test_tokens_are_counted() -> None:
    assert decode_tokens(b'{"totalTokens": 7}') == 7
    assert decode_tokens(b"{}") == 0
    with pytest.raises(InvalidResponse):
        decode_tokens(b'{"other": 1}')
