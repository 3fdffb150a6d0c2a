"""Characters that a server has cut in two."""

from __future__ import annotations

from chat_core import (
    Messages,
)
from chat_core.wire import CallIds
from chat_gemini.decode import TurnAssembler, decode
from gemini_responses import HERE


def test_half_a_character_is_read_as_unknown() -> None:
    assembly = TurnAssembler(HERE, CallIds(Messages()))
    decode(
        b'{"candidates": [{"content": {"parts": [{"text": "a\\ud83d"}]}, "finishReason": "STOP"}]}', assembly
    )
    assert assembly.response().text == "a\ufffd"
