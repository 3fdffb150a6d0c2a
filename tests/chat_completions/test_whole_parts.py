"""A message of one text, which is read at once, is what the assembler of turns makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from chat_completions.decode.parts import TurnParts, whole_parts
from chat_core import Messages, Origin, Text
from chat_core.types.call_ids import CallIds

HERE = Origin("openai", "https://api.openai.com/v1", "m")
HI = {"role": "assistant", "content": "Hi"}


@pytest.mark.parametrize("tags", ["text", "tags", "open"])
@pytest.mark.parametrize(
    "message",
    [
        HI,
        {"content": "Hi"},
        HI | {"refusal": None, "tool_calls": [], "annotations": [], "audio": None},
        HI | {"reasoning_content": "So"},
        HI | {"tool_calls": [{"id": "t1", "function": {"name": "add", "arguments": '{"a": 1}'}}]},
        HI | {"refusal": "No"},
        HI | {"annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}]},
        HI | {"vendor_field": 1},
        {"content": "<think>So</think>Hi"},
        {"content": ""},
        {"content": None},
        {"content": 5},
        {"content": {"a": 1}},
        {"content": [{"type": "text", "text": "Hi"}]},
        {},
    ],
)
def test_a_message_has_the_same_parts_by_either_way(message: Any, tags: Any) -> None:
    assembler = TurnParts(HERE, CallIds(Messages()), tags)
    assembler.add(message, whole=True)
    assembler.flush()

    assert whole_parts(message, HERE, CallIds(Messages()), tags) == assembler.parts()


def test_a_plain_text_is_one_part() -> None:
    assert whole_parts(HI, HERE, CallIds(Messages()), "text") == [Text("Hi")]
