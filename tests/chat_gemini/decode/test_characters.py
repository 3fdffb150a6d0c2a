"""Characters that a server has cut in two."""

from __future__ import annotations

import json

import pytest
from chat_core import (
    Event,
    Messages,
    TextChunk,
)
from chat_core.wire import CallIds
from chat_gemini.decode import TurnAssembler, decode
from chat_gemini.decode.characters import with_whole_characters
from chat_gemini.stream import GeminiStreamDecoder
from gemini_responses import HERE, answered


def test_half_a_character_is_read_as_unknown() -> None:
    assembly = TurnAssembler(HERE, CallIds(Messages()))
    decode(
        b'{"candidates": [{"content": {"parts": [{"text": "a\\ud83d"}]}, "finishReason": "STOP"}]}', assembly
    )
    assert assembly.response().text == "a\ufffd"


WHOLE = r'[{"text": "hi \ud83d\ude00!"}]'


@pytest.mark.parametrize(
    ("document", "whole"),
    [
        (r'[{"text": "hi \ud83d"}, {"text": "\ude00!"}]', r'[{"text": "hi "}, {"text": "\ud83d\ude00!"}]'),
        (r'[{"text": "hi \ud83d"}]', r'[{"text": "hi \ufffd"}]'),
        (
            r'[{"text": "hi \\ud83d"}, {"text": "\\ude00!"}]',
            r'[{"text": "hi \\ud83d"}, {"text": "\\ude00!"}]',
        ),
        (WHOLE, WHOLE),
        ("[1]", "[1]"),
    ],
)
def test_a_character_that_was_cut_between_two_texts_is_whole(document: str, whole: str) -> None:
    assert with_whole_characters(document) == whole


def test_a_streamed_array_has_its_characters_whole() -> None:
    frames = '[{"candidates": [{"content": {"parts": [{"text": "hi \\ud83d"}]}}]}, '
    frames += '{"candidates": [{"content": {"parts": [{"text": "\\ude00!"}]}, "finishReason": "STOP"}]}]'
    decoder = GeminiStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    assert (
        "".join(event.text for event in decoder.feed(Event("body", frames)) if isinstance(event, TextChunk))
        == "hi 😀!"
    )
    assert (
        answered(json.loads(frames.replace("\\ud83d", "").replace("\\ude00", "\\ud83d\\ude00"))).text
        == "hi 😀!"
    )
