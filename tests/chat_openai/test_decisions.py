"""Decisions of OpenAI: what is sent, as its SDK has it, and answers with probabilities."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    Choice,
    ChoiceAnswer,
    Completed,
    ConfigurationError,
    DecisionProvider,
    Declined,
    File,
    InvalidResponse,
    Message,
    Messages,
    OutputRefused,
    RateLimited,
    Reasoning,
    Score,
    ScoreAnswer,
    ToolCall,
    YesNo,
    YesNoAnswer,
)
from chat_core.testing import FakeTransport
from chat_openai import OpenAIBuilder, OpenAIDecisions
from chat_responses import ResponsesOptions
from pydantic import TypeAdapter

pytestmark = pytest.mark.anyio

QUESTIONS = {
    "spam": YesNo("Is it spam?", yes="it sells something"),
    "topic": Choice("What is it about?", {"billing": "invoices", "other": None}),
    "urgency": Score("How urgent is it?", ["can wait", "today", "now"]),
}
USAGE = {
    "input_tokens": 120,
    "input_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 0},
    "output_tokens": 3,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 123,
}
ANSWERS: list[dict[str, Any]] = [
    {"type": "predicate", "name": "spam", "probability": 0.97},
    {
        "type": "choice",
        "name": "topic",
        "choice": "billing",
        "confidence": 0.6,
        "probabilities": [{"value": "other", "probability": 0.2}, {"value": "billing", "probability": 0.8}],
    },
    {
        "type": "score",
        "name": "urgency",
        "score": 1.5,
        "confidence": 0.5,
        "probabilities": [
            {"label": "can wait", "value": 0, "probability": 0.1},
            {"label": "today", "value": 1, "probability": 0.3},
            {"label": "now", "value": 2, "probability": 0.6},
        ],
    },
]


def client(transport: FakeTransport, **options: Any) -> OpenAIDecisions:
    builder = OpenAIBuilder().with_api_key("k").with_model("gpt-6-luna").with_transport(transport)
    return builder.with_options(ResponsesOptions(**options)).build().decisions


def answered(*answers: dict[str, Any]) -> FakeTransport:
    body = {"answers": list(answers or ANSWERS), "model": "gpt-6-luna", "usage": USAGE}
    pytest.importorskip("openai").types.Decision.model_validate(body)
    return FakeTransport().answer(body)


async def test_the_body_is_what_the_sdk_sends_and_answers_come_by_name() -> None:
    transport = answered()
    response = await client(transport).decide(Messages.from_user("Buy now!"), QUESTIONS)

    sent = transport.last_body
    from openai.types import decision_create_params

    TypeAdapter(decision_create_params.DecisionCreateParams).validate_python(sent)
    assert transport.requests[0].url == "https://api.openai.com/v1/decisions"
    assert sent == {
        "model": "gpt-6-luna",
        "input": [{"role": "user", "content": "Buy now!"}],
        "questions": [
            {"type": "predicate", "name": "spam", "instructions": "Is it spam?\nYes: it sells something"},
            {
                "type": "choice",
                "name": "topic",
                "instructions": "What is it about?",
                "choices": [{"value": "billing", "description": "invoices"}, {"value": "other"}],
            },
            {
                "type": "score",
                "name": "urgency",
                "instructions": "How urgent is it?",
                "levels": [{"label": "can wait"}, {"label": "today"}, {"label": "now"}],
            },
        ],
    }
    assert response.yes_no("spam") == YesNoAnswer(True, 0.97)
    assert response.choice("topic") == ChoiceAnswer("billing", 0.6, {"other": 0.2, "billing": 0.8})
    assert response.score("urgency") == ScoreAnswer(1.5, 0.5, (0.1, 0.3, 0.6))
    assert (response.usage.input_tokens, response.usage.cache_read_tokens) == (120, 100)
    assert response.model == "gpt-6-luna"


async def test_a_conversation_goes_with_its_calls_and_without_its_reasoning() -> None:
    messages = Messages.from_system("You are a bank.").add_user(
        "What is this?", File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png")
    )
    call = ToolCall("c1", "pay", {"euros": 5}, Completed("paid"))
    messages.append(Message("model", [Reasoning("hm"), call]))
    transport = answered(ANSWERS[0])
    await client(transport, prompt_cache_key="k", reasoning_effort="low").decide(
        messages, {"spam": QUESTIONS["spam"]}
    )
    sent = transport.last_body
    assert [item.get("role") or item["type"] for item in sent["input"]] == [
        "developer",
        "user",
        "function_call",
        "function_call_output",
    ]
    assert sent["input"][1]["content"][1]["type"] == "input_image"
    assert sent.keys() == {"model", "input", "questions", "prompt_cache_key"}


async def test_what_the_endpoint_does_not_read_is_refused_before_it_is_sent() -> None:
    transport = FakeTransport()
    with pytest.raises(ConfigurationError, match="about texts and images"):
        await client(transport).decide(
            Messages.from_user("a", File.from_bytes(b"%PDF-1.7", "application/pdf")), QUESTIONS
        )
    assert transport.requests == []


async def test_one_question_may_be_declined_and_the_others_are_answered() -> None:
    transport = answered({"type": "refusal", "name": "spam"}, *ANSWERS[1:])
    response = await client(transport).decide(Messages.from_user("x"), QUESTIONS)
    assert response.answers["spam"] == Declined()
    assert response.choice("topic").choice == "billing"
    with pytest.raises(OutputRefused, match="declined to answer 'spam'"):
        response.yes_no("spam")
    with pytest.raises(ConfigurationError, match="no question 'sapm'; there are spam, topic, urgency"):
        response.yes_no("sapm")
    with pytest.raises(ConfigurationError, match="the answer to 'topic' is a ChoiceAnswer"):
        response.score("topic")


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([ANSWERS[0]], "1 answers came for 3 questions"),
        ([{"type": "predicate", "probability": 1.5}, *ANSWERS[1:]], "no probability"),
        ([{"type": "predicate", "probability": True}, *ANSWERS[1:]], "no probability"),
        ([ANSWERS[1], *ANSWERS[1:]], "another kind of question"),
        ([ANSWERS[0], {**ANSWERS[1], "choice": "x"}, ANSWERS[2]], "none of the choices"),
        ([*ANSWERS[:2], {**ANSWERS[2], "score": "high"}], "no number"),
        ([*ANSWERS[:2], {**ANSWERS[2], "probabilities": [{"value": 7}]}], "a level that there is not"),
        ([{}, *ANSWERS[1:]], "another kind of question"),
    ],
)
async def test_answers_that_are_none_raise(answers: list[Any], fault: str) -> None:
    transport = FakeTransport().answer({"answers": answers})
    with pytest.raises(InvalidResponse, match=fault):
        await client(transport).decide(Messages.from_user("x"), QUESTIONS)


async def test_errors_are_the_providers_and_a_chat_sends_again() -> None:
    busy = {"error": {"message": "slow down", "type": "rate_limit_error"}}
    with pytest.raises(RateLimited):
        await client(FakeTransport().answer(busy, status=429)).decide(Messages.from_user("x"), QUESTIONS)
    transport = answered()
    transport_busy = (
        FakeTransport()
        .answer(busy, status=429, headers={"retry-after": "0"})
        .answer({"answers": ANSWERS, "model": "m", "usage": USAGE})
    )
    decider = client(transport_busy)
    assert isinstance(decider, DecisionProvider)
    response = await ChatBuilder().with_model(decider).build().decide("Buy now!", QUESTIONS)
    assert response.yes_no("spam").probability == 0.97
    assert len(transport_busy.requests) == 2
    assert transport.requests == []
