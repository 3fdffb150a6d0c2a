"""Why a turn ended, in words and as a notice."""

from __future__ import annotations

import pytest
from chat_core import (
    Failed,
    FinishReason,
    Pending,
)
from gemini_responses import answered, turn

FINISH: dict[object, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY"),
        "content_filter",
    ),
    **dict.fromkeys(("IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"), "content_filter"),
    **dict.fromkeys(
        ("IMAGE_OTHER", "NO_IMAGE", "OTHER", "MISSING_THOUGHT_SIGNATURE", "ESCALATION", "SOMETHING_NEW"),
        "other",
    ),
    1: "stop",
    2: "length",
    3: "content_filter",
}


@pytest.mark.parametrize("word", FINISH)
def test_every_reason_to_stop(word: object) -> None:
    response = answered(turn({"text": "Hi"}, reason=word))
    assert (response.finish_reason, response.raw_finish_reason) == (FINISH[word], str(word))


@pytest.mark.parametrize(
    "word",
    ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE", "OTHER"],
)
def test_a_malformed_call_is_told_and_never_runs(word: str) -> None:
    response = answered(
        turn({"functionCall": {"name": "add", "args": {}}}, reason=word, finishMessage="print(add(")
    )
    assert response.finish_reason == "other"
    assert [call.status for call in response.tool_calls] == [
        Failed(f"The turn ended with {word}, so the call was not run. print(add(")
    ]
    assert [(notice.about, notice.message) for notice in response.notices] == [
        ("finish_reason", "print(add(")
    ]


def test_a_call_runs_under_a_reason_that_is_yet_unknown() -> None:
    """What tells a call is the call; servers that imitate Google's make up a reason for it."""
    for word, reason in (("FUNCTION_CALL", "tool_calls"), ("CALLING", "other")):
        response = answered(turn({"functionCall": {"name": "add", "args": {}}}, reason=word))
        assert (response.finish_reason, response.raw_finish_reason) == (reason, word)
        assert [type(call.status) for call in response.tool_calls] == [Pending]


def test_a_filtered_answer_may_have_no_content() -> None:
    response = answered({"candidates": [{"finishReason": "SAFETY", "safetyRatings": [{"blocked": True}]}]})
    assert (response.text, response.finish_reason) == ("", "content_filter")


def test_a_blocked_prompt_is_an_answer_that_was_filtered() -> None:
    response = answered(
        {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 5}}
    )
    assert (response.finish_reason, response.raw_finish_reason) == ("content_filter", "PROHIBITED_CONTENT")
    assert response.usage.input_tokens == 5
    assert [notice.about for notice in response.notices] == ["finish_reason"]
