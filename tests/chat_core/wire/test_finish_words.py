"""The reasons why turns end, in the words of all servers."""

from __future__ import annotations

import pytest
from chat_core.wire import finish_reason


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        *((word, "stop") for word in ("stop", "eos", "end_turn", "STOP", "stop_sequence")),
        *((word, "length") for word in ("length", "max_tokens", "MAX_TOKENS", "model_length", "incomplete")),
        *((word, "tool_calls") for word in ("tool_calls", "tool_use", "function_call")),
        *((word, "content_filter") for word in ("content_filter", "SAFETY", "guardrail_intervened")),
        ("refusal", "refusal"),
        ("sth_new", "other"),
    ],
)
def test_every_known_word_has_its_reason_and_is_kept(word: str, reason: str) -> None:
    assert finish_reason(word) == (reason, word)


@pytest.mark.parametrize("value", [None, "", "null", "None", 5, [], {}])
def test_what_is_no_word_is_no_reason(value: object) -> None:
    assert finish_reason(value) == ("other", None)  # type: ignore[arg-type]


def test_the_words_of_a_wire_come_first_and_as_they_are_written() -> None:
    assert finish_reason("STOP", {"STOP": "length"}) == ("length", "STOP")
    assert finish_reason("stop", {"STOP": "length"}) == ("stop", "stop")
