"""What a model takes is known by its id, its inference profile or its ARN."""

import pytest
from chat_bedrock.capabilities import FAMILIES, Capabilities, capabilities_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("meta.llama3-1-8b-instruct-v1:0", "meta"),
        ("us.meta.llama4-maverick-17b-instruct-v1:0", "meta"),
        ("arn:aws:bedrock:us-east-1::foundation-model/mistral.mistral-large-2402-v1:0", "mistral"),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0", "amazon"),
        ("openai.gpt-oss-120b-1:0", "openai"),
        ("zai.glm-4.7-flash", "zai"),
    ],
)
def test_a_family_is_found(model: str, family: str) -> None:
    assert capabilities_of(model) == FAMILIES[family]


@pytest.mark.parametrize(
    "model",
    [
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
        "fixture",
        "x.anthropic-like",
        "",
    ],
)
def test_a_name_that_says_nothing_is_the_plain_api(model: str) -> None:
    assert capabilities_of(model) == Capabilities()


@pytest.mark.parametrize(
    ("model", "effort", "sampling", "output", "forced", "last"),
    [
        ("anthropic.claude-v2", False, True, False, True, True),
        ("anthropic.claude-3-sonnet-20240229-v1:0", False, True, False, True, True),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", False, True, False, True, True),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", False, True, False, True, True),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", False, True, True, True, True),
        ("us.anthropic.claude-sonnet-4-6", True, True, True, True, False),
        ("global.anthropic.claude-opus-4-7", True, False, True, True, False),
        ("us.anthropic.claude-opus-5-5", True, False, True, False, False),
        ("us.anthropic.claude-fable-5-1", True, False, True, False, False),
    ],
)
def test_each_generation_of_claude_takes_something_else(
    model: str, effort: bool, sampling: bool, output: bool, forced: bool, last: bool
) -> None:
    found = capabilities_of(model)
    assert (found.effort is not None, found.sampling, found.output_format) == (effort, sampling, output)
    assert (found.forced_choice, found.assistant_last) == (forced, last)
