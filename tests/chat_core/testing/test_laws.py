"""The laws of a turn, each broken once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from chat_core import (
    ChatResponse,
    Done,
    Failed,
    File,
    FileReady,
    Message,
    Reasoning,
    ReasoningChunk,
    Refusal,
    RefusalChunk,
    Running,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
)
from chat_core.testing import broken_laws

PICTURE = File.from_bytes(b"GIF89a")


def done(*parts: Any) -> Done:
    return Done(ChatResponse(Message("model", list(parts))))


def call(id: str = "a", text: str = "{}", status: Any = None) -> ToolCall:
    made = ToolCall(id, "t", arguments_text=text)
    if status is not None:
        made.status = status
    return made


@pytest.mark.parametrize(
    "events",
    [
        [done()],
        [
            TextChunk("a"),
            ReasoningChunk("r"),
            TextChunk("b"),
            RefusalChunk("n"),
            done(Text("ab"), Reasoning("r"), Refusal("n")),
        ],
        [
            ToolCallChunk("a", "t", "{"),
            ToolCallChunk("b", "t", "{}"),
            ToolCallChunk("a", "t", "}"),
            done(call(), call("b")),
        ],
        [FileReady(File("image/png", b"?", preview=True)), FileReady(PICTURE), done(PICTURE)],
        [ToolCallChunk("a", "t", "{oops"), done(call(text="{oops", status=Failed("not JSON")))],
    ],
)
def test_a_lawful_turn_breaks_none(events: Sequence[Any]) -> None:
    assert broken_laws(events) == []


@pytest.mark.parametrize(
    ("events", "broken"),
    [
        ([TextChunk("a")], "a turn ends in exactly one Done; here are 0"),
        ([done(), done()], "a turn ends in exactly one Done; here are 2"),
        ([done(), TextChunk("")], "after Done comes TextChunk(text='')"),
        ([TextChunk("a"), done(Text("b"))], "the text chunks say 'a', the response says 'b'"),
        ([done(Reasoning("r"))], "the reasoning chunks say '', the response says 'r'"),
        ([RefusalChunk("no"), done()], "the refusal chunks say 'no', the response says ''"),
        ([FileReady(PICTURE), done()], "1 files were ready, the response has 0"),
        ([done(call("", "")), done()][:1], "the ids of calls are to differ and not to be empty: ['']"),
        (
            [ToolCallChunk("a", "t", "{}"), done(call(), call())],
            "the ids of calls are to differ and not to be empty: ['a', 'a']",
        ),
        ([ToolCallChunk("a", "t", "{}"), done()], "chunks of call 'a', which the response does not have"),
        ([ToolCallChunk("a", "t", "{"), done(call())], "the chunks of call a say '{', the call says '{}'"),
        (
            [ToolCallChunk("a", "t", "{}"), done(call(status=Running()))],
            "call a comes from the provider as running",
        ),
    ],
)
def test_each_broken_law_is_reported(events: Sequence[Any], broken: str) -> None:
    assert broken_laws(events) == [broken]
