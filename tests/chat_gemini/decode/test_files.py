"""Files that a model made."""

from __future__ import annotations

import pytest
from chat_core import (
    Opaque,
)
from gemini_responses import PNG, answered, turn


def test_a_thought_picture_is_only_on_the_way() -> None:
    response = answered(
        turn(
            {"inlineData": {"mimeType": "image/png", "data": PNG}, "thought": True},
            {"inlineData": {"mimeType": "image/png", "data": PNG}},
        )
    )
    assert len(response.files) == 1
    assert response.files[0].data == b"\x89PNG\r\n\x1a\n"


def test_a_file_that_lies_somewhere_else() -> None:
    file = {"fileData": {"fileUri": "gs://bucket/a.png", "mimeType": "image/png"}}
    stored, odd = answered(turn(file, {"fileData": {"fileUri": "files/abc"}})).message.parts
    assert (stored.type, odd.type) == ("file", "opaque")
    assert isinstance(odd, Opaque)
    assert odd.native.data == {"fileData": {"fileUri": "files/abc"}}


@pytest.mark.parametrize("data", ["iVBORw0KGgo=", "iVBORw0KGgo", "_-8="])
def test_both_alphabets_of_base64_are_read(data: str) -> None:
    [file] = answered(turn({"inlineData": {"mimeType": "image/png", "data": data}})).files
    assert file.data in (b"\x89PNG\r\n\x1a\n", b"\xff\xef")
