"""The parts of a turn keep their places, and what came beside them."""

from __future__ import annotations

import pytest
from chat_core import (
    Reasoning,
    Text,
)
from chat_gemini import CodeRun, code_runs
from gemini_responses import HERE, PNG, answered, turn


def test_every_part_keeps_its_place_and_what_came_beside_it() -> None:
    response = answered(
        turn(
            {"text": "Hm.", "thought": True},
            {"text": "Look: "},
            {"executableCode": {"language": "PYTHON", "code": "print(1)"}, "thoughtSignature": "Y29kZQ=="},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
            {
                "toolCall": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "args": {}},
                "thoughtSignature": "dG9vbA==",
            },
            {"toolResponse": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB"}},
            {"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "aW1n"},
            {"somethingNew": {"a": 1}},
            {"text": "one.", "thoughtSignature": "ZW5k"},
            {"functionCall": {"id": "f1", "name": "add", "args": {"a": 1}}, "thoughtSignature": "Y2FsbA=="},
        )
    )
    parts = response.message.parts
    kinds = [part.type for part in parts]
    assert kinds == [
        "reasoning",
        "text",
        "opaque",
        "opaque",
        "opaque",
        "opaque",
        "file",
        "opaque",
        "text",
        "tool_call",
    ]
    beside = [part.native.data if part.native else None for part in parts]
    assert beside[0] == {"thought": True}
    assert beside[1] is None
    assert beside[2] == {
        "executableCode": {"language": "PYTHON", "code": "print(1)"},
        "thoughtSignature": "Y29kZQ==",
    }
    assert [each and each.get("thoughtSignature") for each in beside[6:]] == [
        "aW1n",
        None,
        "ZW5k",
        "Y2FsbA==",
    ]
    assert {part.native.origin for part in parts if part.native} == {HERE}
    assert (response.reasoning, response.text) == ("Hm.", "Look: one.")
    assert code_runs(response.message) == [CodeRun("print(1)", "PYTHON", "OUTCOME_OK", "1\n")]


def test_a_signature_alone_on_no_text_is_sealed_thinking_and_one_on_no_part_is_nothing() -> None:
    parts = answered(
        turn(
            {"text": "Hi"},
            {"text": "", "thoughtSignature": "eA=="},
            {"thoughtSignature": "eA=="},
            {"text": ""},
        )
    ).message.parts
    assert [type(part) for part in parts] == [Text, Reasoning]
    assert parts[1].native is not None
    assert parts[1].native.data == {"thoughtSignature": "eA=="}


@pytest.mark.parametrize(
    ("value", "text"), [(6, "6"), (True, "true"), ({"name": "Bern"}, '{"name": "Bern"}'), ([1], "[1]")]
)
def test_a_text_of_another_type_becomes_its_json(value: object, text: str) -> None:
    assert answered(turn({"text": "It costs $"}, {"text": value})).text == f"It costs ${text}"


@pytest.mark.parametrize(
    "content",
    [{"parts": {"text": "Hi"}}, {"parts": "Hi"}, {"parts": ["Hi"]}, "Hi", [{"text": "Hi"}]],
    ids=repr,
)
def test_content_in_another_container_is_read(content: object) -> None:
    candidate = {"content": content, "finishReason": "STOP"}
    assert answered({"candidates": [candidate]}).text == "Hi"
    assert answered({"candidates": candidate}).text == "Hi"


def test_a_part_with_two_fields_of_data_loses_neither() -> None:
    response = answered(turn({"text": "Adding.", "functionCall": {"name": "add", "args": {}}}))
    assert (response.text, [call.name for call in response.tool_calls]) == ("Adding.", ["add"])
