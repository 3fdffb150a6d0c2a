"""From the body of a whole response to a turn."""

from __future__ import annotations

import pytest
from chat_core import ChatError, Messages
from chat_core.wire import CallIds
from chat_gemini.decode import TurnAssembler, decode
from gemini_responses import HERE, answered, turn


def test_a_plain_answer() -> None:
    answer = turn({"text": "Hello"}) | {
        "modelVersion": "gemini-3.5-flash-001",
        "responseId": "r1",
        "usageMetadata": {
            "promptTokenCount": 3,
            "candidatesTokenCount": 2,
            "thoughtsTokenCount": 4,
            "totalTokenCount": 9,
        },
    }
    response = answered(answer)
    assert (response.text, response.finish_reason, response.raw_finish_reason) == ("Hello", "stop", "STOP")
    assert (response.id, response.model, response.raw) == ("r1", "gemini-3.5-flash-001", answer)
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (
        3,
        6,
        4,
        9,
    )
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (None, None)
    assert response.notices == ()


def test_an_answer_without_candidates_says_so() -> None:
    response = answered({"usageMetadata": {"promptTokenCount": 5}})
    assert (response.text, [notice.about for notice in response.notices]) == ("", ["candidates"])


def test_further_candidates_are_noticed_and_the_first_is_the_answer() -> None:
    first, second = (
        turn({"text": "One"})["candidates"][0],
        turn({"text": "Two"})["candidates"][0] | {"index": 1},
    )
    response = answered({"candidates": [second, first]})
    assert response.text == "One"
    assert [notice.about for notice in response.notices] == ["n"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}',
        b'{\n  "candidates": [\n    {"content": {"parts": [{"text": "Hi"}]}}\n  ]\n}\n',
        b'{"response": {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}}',
        b'{"candidates": [{"content": {"parts": [{"text": "\\ud83d"}, {"text": "\\ude00"}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"text": "\xff\xc3\xa9"}]}, "finishReason": "STOP"}]}',
        b'{"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}{"candidates": []}',
        b'{"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}\n{"usageMetadata": {}}',
        b'{"candidates": [{"content": {"parts": [{"text": "H',
        b'{"candidates": [{"content": ' + b'{"a":' * 120 + b"1" + b"}" * 120 + b"}]}",
        b'{"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}',
        b'{"usageMetadata": {"promptTokenCount": NaN}}',
        b"{}",
        b"{not JSON",
    ],
)
def test_a_body_that_is_read_at_once_becomes_what_it_becomes_frame_by_frame(body: bytes) -> None:
    at_once, by_frames = outcome(body), outcome(b" " + body)  # the white space calls for a closer look
    assert at_once == by_frames


def outcome(body: bytes) -> object:
    """Return the response to a body, or its error."""
    assembler = TurnAssembler(HERE, CallIds(Messages()))
    try:
        raw = decode(body, assembler)
        return assembler.finished(raw=raw), str(raw)
    except ChatError as error:
        return type(error), str(error).split()
