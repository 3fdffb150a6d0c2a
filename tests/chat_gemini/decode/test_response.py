"""From the body of a whole response to a turn."""

from __future__ import annotations

from gemini_responses import answered, turn


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
