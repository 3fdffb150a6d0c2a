"""A content of one text, which is read at once, is what the assembler of turns makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from chat_claude.decode.blocks import TurnBlocks
from chat_claude.decode.parts import parts_of, whole_parts
from chat_core import Messages, Origin
from chat_core.types.call_ids import CallIds

HERE = Origin("claude", "https://api.anthropic.com", "m")
TEXT = {"type": "text", "text": "Hi"}


@pytest.mark.parametrize(
    "content",
    [
        [TEXT],
        [{"type": "text", "text": ""}],
        [TEXT, TEXT],
        [TEXT | {"citations": None}],
        [TEXT | {"citations": [{"type": "char_location", "cited_text": "a", "document_title": "D"}]}],
        [{"type": "text", "text": 5}],
        [{"type": "text"}],
        [{"text": "Hi"}],
        [{"type": "text", "content": "Hi"}],
        [{"type": "thinking", "thinking": "So", "signature": "s"}, TEXT],
        [{"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}}],
        ["Hi"],
        "Hi",
        [],
        [None],
    ],
)
def test_a_content_has_the_same_parts_by_either_way(content: Any) -> None:
    blocks = TurnBlocks(CallIds(Messages()))
    blocks.whole(content)
    assembled = parts_of(blocks.in_order(), HERE, lambda: "prefix")

    assert whole_parts(content, HERE, CallIds(Messages()), lambda: "prefix") == assembled
