"""The texts of parts, and the sentences for parts that have no place on a wire."""

from __future__ import annotations

import pytest
from chat_core import ConfigurationError, File, Native, Origin, Reasoning, Structured, Text
from chat_core.wire import (
    foreign_block,
    generated_file,
    joined_text,
    misplaced,
    part_text,
    results_heading,
    text_of,
    unsent_file,
)


def test_a_structured_value_is_its_json_as_received() -> None:
    assert part_text(Text("a")) == "a"
    assert part_text(Structured({"a": "é"})) == '{"a": "é"}'
    assert part_text(Structured({"a": 1}, '{"a":  1}')) == '{"a":  1}'


def test_texts_are_joined_as_paragraphs_without_empty_ones() -> None:
    assert joined_text([Text("a"), Text(""), Structured(1)]) == "a\n\n1"


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        ("system", "a system message holds text and structured values, not File"),
        ("user", "a user's message holds text, files and structured values, not File"),
    ],
)
def test_a_part_that_a_role_cannot_hold_is_named(role: str, sentence: str) -> None:
    file = File("image/png", b"x")
    assert str(misplaced(file, role)) == sentence  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=sentence):
        text_of(file, role)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="Reasoning"):
        joined_text([Reasoning("hm")])


def test_notices_name_what_was_left_out() -> None:
    native = Native(Origin("claude", "https://a", "claude-x"), {})

    assert "only claude (claude-x) can read" in foreign_block(native).message
    assert "a generated audio was not sent back" in generated_file(File("audio/wav", b"x")).message
    text, notice = unsent_file(File("image/png", b"x", name="a.png"), "no place")
    assert text == Text(
        "(The tool returned a file, image 'a.png' of type image/png, which cannot be shown here.)"
    )
    assert notice.message.endswith("was not sent: no place")
    assert results_heading("draw", "t1") == "What draw returned for call t1:"
