"""Options, thinking and typed output in a request."""

from __future__ import annotations

import pytest
from chat_core import (
    ChatOptions,
    ConfigurationError,
    Messages,
    Origin,
    OutputSchema,
)
from chat_gemini.options import GeminiOptions, Thinking
from chat_gemini.settings import RequestDefaults
from gemini_requests import ADD, HERE, OLDER, body, config


def test_every_common_option_reaches_the_wire() -> None:
    options = ChatOptions(0.5, 0.9, 100, "END", 7, 40, 0.1, 0.2, "low")
    assert config(options=options) == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "maxOutputTokens": 100,
        "stopSequences": ["END"],
        "seed": 7,
        "frequencyPenalty": 0.1,
        "presencePenalty": 0.2,
        "thinkingConfig": {"thinkingLevel": "LOW"},
    }


def test_options_of_zero_are_sent() -> None:
    assert config(options=ChatOptions(seed=0, temperature=0, top_p=0)) == {
        "seed": 0,
        "temperature": 0,
        "topP": 0,
    }


def test_common_options_win_over_those_of_the_wire() -> None:
    defaults = RequestDefaults(
        options=GeminiOptions(
            temperature=0.1, seed=1, candidate_count=2, logprobs=3, service_tier="flex", store=False
        )
    )
    sent = body(Messages.from_user("Hi"), options=ChatOptions(temperature=0.9), defaults=defaults)
    assert sent["generationConfig"] == {"temperature": 0.9, "seed": 1, "candidateCount": 2, "logprobs": 3}
    assert (sent["serviceTier"], sent["store"]) == ("flex", False)


@pytest.mark.parametrize(
    ("thinking", "origin", "sent"),
    [
        (Thinking(level="high"), HERE, {"thinkingLevel": "HIGH"}),
        (Thinking(include_thoughts=True), HERE, {"includeThoughts": True}),
        (Thinking(budget=0), OLDER, {"thinkingBudget": 0}),
        (Thinking(budget=-1, include_thoughts=True), OLDER, {"thinkingBudget": -1, "includeThoughts": True}),
    ],
)
def test_thinking_is_set_by_level_or_by_budget(thinking: Thinking, origin: Origin, sent: object) -> None:
    assert config(defaults=RequestDefaults(thinking=thinking), origin=origin) == {"thinkingConfig": sent}


def test_a_level_is_refused_where_only_a_budget_is_known() -> None:
    with pytest.raises(ConfigurationError, match=r"with_thinking\(budget"):
        config(options=ChatOptions(reasoning_effort="low"), origin=OLDER)
    with pytest.raises(ConfigurationError, match="takes no thinking"):
        config(
            defaults=RequestDefaults(thinking=Thinking(budget=0)),
            origin=Origin("gemini", "", "gemini-2.5-flash-image"),
        )


def test_typed_output_is_a_response_schema_together_with_tools_where_the_model_allows_it() -> None:
    output = OutputSchema(
        "Answer", {"type": "object", "properties": {"a": {"type": "string"}}}, "What is said."
    )
    sent = body(Messages.from_user("Hi"), tools=[ADD], output=output)
    assert sent["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "description": "What is said.",
        },
    }
    older = config(output=output, defaults=RequestDefaults(older_schema=True))
    schema = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "description": "What is said."}
    assert older == {"responseMimeType": "application/json", "responseSchema": schema}
