"""Decisions of Gemini: what is sent, as its SDK's own test has it, and answers with probabilities."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import (
    Choice,
    ChoiceAnswer,
    ConfigurationError,
    Declined,
    File,
    InvalidRequest,
    InvalidResponse,
    Message,
    Messages,
    Score,
    ScoreAnswer,
    Text,
    YesNo,
    YesNoAnswer,
)
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder, GeminiDecisions

pytestmark = pytest.mark.anyio

QUESTIONS = {
    "summary": YesNo("Does the user want a summary?", yes="a short one too"),
    "topic": Choice("What is it about?", ["billing", "other"]),
    "urgency": Score("How urgent is it?", ["can wait", "now"]),
}
ANSWERS: dict[str, Any] = {
    "topic": {
        "type": "choice",
        "choice": "other",
        "confidence": 0.7,
        "probabilities": {"billing": 0.3, "other": 0.7},
    },
    "summary": {"type": "noul", "noul": 0.95, "confidence": 0.95},
    "urgency": {
        "type": "score",
        "score": 0.25,
        "confidence": 0.75,
        "legend": {"0": "can wait", "1": "now"},
        "probabilities": {"0": 0.75, "1": 0.25},
    },
}


def client(transport: FakeTransport) -> GeminiDecisions:
    builder = GeminiBuilder().with_api_key("k").with_model("decisions-prerelease")
    return builder.with_transport(transport).build().decisions


async def test_the_body_is_what_the_sdk_sends_and_answers_come_in_the_order_of_the_questions() -> None:
    transport = FakeTransport().answer({"answers": ANSWERS, "usage": {"total_input_tokens": 40}})
    response = await client(transport).decide(Messages.from_user("User prompt context"), QUESTIONS)

    assert transport.requests[0].url.endswith("/v1beta/decisions")
    assert transport.last_body == {
        "model": "models/decisions-prerelease",
        "input": [{"type": "text", "text": "User prompt context"}],
        "questions": {
            "summary": {
                "type": "noul",
                "instructions": "Does the user want a summary?",
                "criteria": {"true_description": "a short one too"},
            },
            "topic": {
                "type": "choice",
                "instructions": "What is it about?",
                "criteria": {"billing": "", "other": ""},
            },
            "urgency": {
                "type": "score",
                "instructions": "How urgent is it?",
                "criteria": ["can wait", "now"],
            },
        },
    }
    types = pytest.importorskip("google.genai._gaos.types.decisions")
    types.CreateDecisionRequest.model_validate(transport.last_body)
    assert list(response.answers) == ["summary", "topic", "urgency"]
    assert response.yes_no("summary") == YesNoAnswer(True, 0.95)
    assert response.choice("topic") == ChoiceAnswer("other", 0.7, {"billing": 0.3, "other": 0.7})
    assert response.score("urgency") == ScoreAnswer(0.25, 0.75, (0.75, 0.25))
    assert response.usage.input_tokens == 40


async def test_a_conversation_says_whose_each_text_is() -> None:
    transport = FakeTransport().answer({"answers": ANSWERS})
    image = File.from_bytes(b"\x89PNG", "image/png")
    messages = Messages.from_user("Look:", image).append(Message("model", [Text("A cat.")]))
    await client(transport).decide(messages, QUESTIONS)
    assert transport.last_body["input"] == [
        {"type": "text", "text": "User:"},
        {"type": "text", "text": "Look:"},
        {"type": "image", "mime_type": "image/png", "data": image.base64()},
        {"type": "text", "text": "Model:"},
        {"type": "text", "text": "A cat."},
    ]


async def test_a_blocked_input_declines_all_questions_with_a_notice() -> None:
    transport = FakeTransport().answer({"prompt_feedback": {"block_reason": "SAFETY"}})
    response = await client(transport).decide(Messages.from_user("x"), QUESTIONS)
    assert set(map(type, response.answers.values())) == {Declined}
    assert "SAFETY" in response.notices[0].message


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({}, "no answers came to summary, topic, urgency"),
        ({**ANSWERS, "summary": {"type": "noul", "noul": "yes"}}, "no probability"),
        ({**ANSWERS, "summary": ANSWERS["topic"]}, "another kind of question"),
        ({**ANSWERS, "topic": {**ANSWERS["topic"], "choice": "x"}}, "none of the choices"),
        ({**ANSWERS, "urgency": {**ANSWERS["urgency"], "score": None}}, "no number"),
    ],
)
async def test_answers_that_are_none_raise(answers: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidResponse, match=fault):
        await client(FakeTransport().answer({"answers": answers})).decide(Messages.from_user("x"), QUESTIONS)


async def test_an_error_is_the_providers() -> None:
    error = {"error": {"code": 400, "message": "no such model", "status": "INVALID_ARGUMENT"}}
    with pytest.raises(InvalidRequest, match="no such model"):
        await client(FakeTransport().answer(error, status=400)).decide(Messages.from_user("x"), QUESTIONS)


def test_vertex_has_none() -> None:
    builder = GeminiBuilder().with_api_key("k").with_model("m")
    vertex = builder.with_transport(FakeTransport()).with_vertex("project", "europe-west1").build()
    with pytest.raises(ConfigurationError, match="without with_vertex"):
        vertex.decisions  # noqa: B018  # the property raises
