"""Why a turn ended, in words and as a notice."""

from __future__ import annotations

import json

import pytest
from chat_core import (
    Failed,
    FinishReason,
    InvalidResponse,
    Messages,
    Pending,
)
from chat_core.wire import CallIds
from chat_gemini.decode import TurnAssembler, decode
from gemini_responses import HERE, answered, turn

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
def test_a_malformed_call_is_reported_and_never_runs(word: str) -> None:
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


@pytest.mark.parametrize(
    "word",
    [
        "NO_IMAGE",
        "IMAGE_OTHER",
        "OTHER",
        "MISSING_THOUGHT_SIGNATURE",
        "SAFETY",
        "SPII",
        "SOMETHING_NEW",
        "UNEXPECTED_TOOL_CALL",
    ],
)
def test_a_stop_that_is_out_of_the_ordinary_is_explained(word: str) -> None:
    [notice] = answered(turn({"text": "Hm"}, reason=word)).notices
    assert (notice.about, notice.message.startswith(f"{word}: ")) == ("finish_reason", True)


@pytest.mark.parametrize("word", ["STOP", "MAX_TOKENS"])
def test_an_ordinary_stop_needs_no_notice(word: str) -> None:
    assert answered(turn({"text": "Hm"}, reason=word, finishMessage="Done.")).notices == ()


@pytest.mark.parametrize("word", ["MAX_TOKENS", "max_tokens", "LENGTH", "length", 2, "max_output_tokens"])
def test_every_word_for_the_token_limit_is_length(word: object) -> None:
    response = answered(turn({"functionCall": {"name": "wipe"}}, reason=word))
    assert response.finish_reason == "length"


@pytest.mark.parametrize("word", ["null", "None", "", None, "FINISH_REASON_UNSPECIFIED", 0])
def test_a_word_for_nothing_is_no_reason(word: object) -> None:
    response = answered(turn({"text": "Hi"}, reason=word))
    assert (response.finish_reason, response.raw_finish_reason) == ("other", None)


def test_a_vaguer_reason_that_comes_later_does_not_outweigh_a_cut() -> None:
    response = answered([turn({"text": "a"}, reason="MAX_TOKENS"), turn(reason="STOP")])
    assert (response.finish_reason, response.raw_finish_reason) == ("length", "MAX_TOKENS")
    assert answered([turn({"text": "a"}, reason="STOP"), turn(reason="MAX_TOKENS")]).finish_reason == "length"


@pytest.mark.parametrize("word", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"])
def test_a_turn_that_is_nothing_but_a_mistake_can_be_requested_again(word: str) -> None:
    assembler = TurnAssembler(HERE, CallIds(Messages()))
    decode(
        json.dumps({"candidates": [{"finishReason": word, "finishMessage": "print("}]}).encode(), assembler
    )
    with pytest.raises(InvalidResponse, match=r"the model's turn is empty: print\(") as fault:
        assembler.finished()
    assert fault.value.retryable
    assert fault.value.response is not None
    assert fault.value.response.raw_finish_reason == word
