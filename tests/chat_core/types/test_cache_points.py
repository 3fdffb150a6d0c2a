"""One mark for the prompt cache: what each wire makes of it, and what it says where it can make nothing."""

from __future__ import annotations

from typing import Any

import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder, cached
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder, CompletionsOptions, Dialect
from chat_core import (
    ChatRequest,
    ConfigurationError,
    File,
    Message,
    Messages,
    Text,
    cache_point,
    estimate_tokens,
)
from chat_core.types.cache_points import CachePoint, as_cache_point
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder
from chat_responses import ResponsesOptions

PDF = File.from_bytes(b"%PDF-1.7", "application/pdf")
NO_EFFECT = "a cache point had no effect: this model, this server or this place has none"


def marked() -> Messages:
    messages = Messages.from_system("A manual.", cache_point("1h"))
    return messages.add_user("A paper.", cache_point(), "What does it say?")


def completions(dialect: Dialect, model: str) -> Any:
    builder = ChatCompletionsBuilder().with_dialect(dialect).with_model(model).with_api_key("k")
    return builder.with_base_url("https://example.com/v1").build()


def openai(model: str = "gpt-5.6", **options: Any) -> Any:
    builder = OpenAIBuilder().with_api_key("k").with_model(model)
    return (builder.with_options(ResponsesOptions(**options)) if options else builder).build()


def claude(model: str = "claude-sonnet-4-5") -> Any:
    return ClaudeBuilder().with_api_key("k").with_model(model).build()


def bedrock(model: str) -> Any:
    return BedrockBuilder().with_region("us-east-1").with_api_key("k").with_model(model).build()


def explained(client: Any, messages: Messages) -> tuple[Any, list[str]]:
    found = client.explain(ChatRequest(messages))
    return found.body, [notice.message for notice in found.notices]


def test_claude_has_a_breakpoint_on_the_block_before_the_mark() -> None:
    body, notices = explained(claude(), marked())
    assert body["system"] == [
        {"type": "text", "text": "A manual.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    ]
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "A paper.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "What does it say?"},
    ]
    assert notices == []


def test_bedrock_has_a_cache_point_after_the_block() -> None:
    body, notices = explained(bedrock("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), marked())
    assert body["system"] == [{"text": "A manual."}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    assert body["messages"][0]["content"] == [
        {"text": "A paper."},
        {"cachePoint": {"type": "default"}},
        {"text": "What does it say?"},
    ]
    assert notices == []


def test_openai_has_explicit_breakpoints_and_instructions_that_can_carry_one() -> None:
    body, notices = explained(openai(), marked())
    assert "instructions" not in body
    assert body["input"] == [
        {
            "role": "developer",
            "content": [
                {
                    "type": "input_text",
                    "text": "A manual.",
                    "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"},
                }
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "input_text",
                    "text": "A paper.",
                    "prompt_cache_breakpoint": {"mode": "explicit"},
                },
                {"type": "input_text", "text": "What does it say?"},
            ],
        },
    ]
    assert notices == []


def test_chat_completions_of_openai_have_the_same_breakpoints() -> None:
    body, notices = explained(completions(Dialect.openai(), "gpt-6-luna"), marked())
    system, user = body["messages"]
    assert system["content"] == [
        {
            "type": "text",
            "text": "A manual.",
            "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"},
        }
    ]
    assert user["content"][0]["prompt_cache_breakpoint"] == {"mode": "explicit"}
    assert user["content"][1] == {"type": "text", "text": "What does it say?"}
    assert notices == []


@pytest.mark.parametrize("dialect", [Dialect.openrouter(), Dialect.litellm()], ids=lambda one: one.name)
def test_gateways_have_the_marks_of_claude(dialect: Dialect) -> None:
    body, notices = explained(completions(dialect, "anthropic/claude-sonnet-4.5"), marked())
    system, user = body["messages"]
    assert system["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert user["content"][0]["cache_control"] == {"type": "ephemeral"}
    assert notices == []


@pytest.mark.parametrize(
    "client",
    [
        pytest.param(GeminiBuilder().with_api_key("k").with_model("gemini-3.8-flash").build(), id="gemini"),
        pytest.param(OllamaBuilder().with_model("qwen3").build(), id="ollama"),
        pytest.param(OllamaBuilder().with_model("qwen3").with_native().build(), id="ollama-native"),
        pytest.param(CohereBuilder().with_api_key("k").with_model("command-a-03-2025").build(), id="cohere"),
        pytest.param(completions(Dialect.mistral(), "mistral-large-latest"), id="mistral"),
        pytest.param(completions(Dialect.openai(), "gpt-5.5"), id="gpt-5.5"),
        pytest.param(openai("gpt-4.1"), id="gpt-4.1"),
        pytest.param(bedrock("meta.llama3-3-70b-instruct-v1:0"), id="llama-on-bedrock"),
    ],
)
def test_where_there_are_no_cache_points_the_prompt_is_sent_and_a_notice_says_so_once(client: Any) -> None:
    body, notices = explained(client, marked())
    assert "A paper." in str(body)
    assert "A manual." in str(body)
    assert "cache" not in str(body).lower()
    assert notices == [NO_EFFECT]


@pytest.mark.parametrize(
    "client",
    [claude(), openai(), bedrock("us.amazon.nova-pro-v1:0"), completions(Dialect.openrouter(), "m")],
    ids=["claude", "openai", "bedrock", "openrouter"],
)
def test_a_mark_without_a_part_before_it_gives_a_notice(client: Any) -> None:
    body, notices = explained(client, Messages.from_user(cache_point(), "Hello"))
    assert "cache" not in str(body).lower()
    assert notices == ["a cache point without a part before it in its message had no effect"]


def test_an_empty_instruction_beside_a_mark_is_no_message() -> None:
    messages = Messages().add_system(cache_point(), "").add_user("Hi")
    body, notices = explained(openai(), messages)
    assert body["input"] == [{"role": "user", "content": "Hi"}]
    assert notices == ["a cache point without a part before it in its message had no effect"]


def test_files_can_be_marked_but_not_on_bedrock() -> None:
    messages = Messages.from_user(PDF, cache_point(), "What does it say?")
    body, _ = explained(claude(), messages)
    assert body["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}
    body, _ = explained(openai(), messages)
    assert body["input"][0]["content"][0]["prompt_cache_breakpoint"] == {"mode": "explicit"}
    body, notices = explained(bedrock("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), messages)
    assert "cachePoint" not in str(body)
    assert notices[0].startswith("no cache point may follow a document")


def many(count: int) -> Messages:
    messages = Messages.from_system("A manual.", cache_point())
    for number in range(count):
        messages.add_user(f"q{number}", cache_point())
        messages.append(Message("model", [Text(f"a{number}")]))
    return messages.add_user("last")


@pytest.mark.parametrize(
    ("client", "word"),
    [
        (claude(), "cache_control"),
        (bedrock("us.amazon.nova-pro-v1:0"), "cachePoint"),
        (completions(Dialect.openrouter(), "anthropic/claude-sonnet-4.5"), "cache_control"),
    ],
    ids=["claude", "bedrock", "openrouter"],
)
def test_beyond_four_the_earliest_of_the_messages_are_left_out(client: Any, word: str) -> None:
    for _ in range(2):  # the second time from what was encoded before
        messages = many(5)
        body, notices = explained(client, messages)
        written = str(body)
        assert written.count(word) == 4
        first = written.index("q0")
        assert word in str(body.get("system") or body["messages"][0])  # the instructions keep theirs
        assert word not in written[first : written.index("q2")]
        assert notices == ["2 cache points were left out: a request has 4 at most"]
        assert explained(client, messages)[0] == body


@pytest.mark.parametrize(
    "client",
    [claude(), openai(), bedrock("us.amazon.nova-pro-v1:0"), completions(Dialect.openrouter(), "m")],
    ids=["claude", "openai", "bedrock", "openrouter"],
)
def test_a_conversation_that_goes_on_is_sent_as_one_that_is_new(client: Any) -> None:
    messages = Messages.from_system("A manual.", cache_point("1h"))
    for number in range(8):
        messages.add_user(f"q{number}", cache_point("1h" if number == 3 else None))
        body, notices = explained(client, messages)
        assert explained(client, Messages(list(messages))) == (body, notices)
        messages.append(Message("model", [Text(f"a{number}")]))


def test_marks_that_only_claude_reads_are_not_left_out() -> None:
    messages = many(3)
    messages.add_user(cached(Text("mine")))
    body, notices = explained(claude(), messages)
    assert str(body).count("cache_control") == 4
    assert {"type": "text", "text": "mine", "cache_control": {"type": "ephemeral"}} in body["messages"][-1][
        "content"
    ]
    assert notices == ["1 cache points were left out: a request has 4 at most"]


def test_openai_is_sent_all_of_them_and_a_notice_tells_how_many_it_writes() -> None:
    body, notices = explained(openai(), many(5))
    assert str(body).count("prompt_cache_breakpoint") == 6
    assert notices == ["of 6 cache points the server writes the latest 3"]
    _, notices = explained(openai(prompt_cache_options={"mode": "explicit"}), many(3))
    assert notices == []


def test_chat_completions_of_openai_tell_it_too() -> None:
    builder = ChatCompletionsBuilder().with_dialect(Dialect.openai()).with_model("gpt-5.6").with_api_key("k")
    explicit = builder.with_options(CompletionsOptions(prompt_cache_options={"mode": "explicit"}))
    body, notices = explained(builder.build(), many(3))
    assert str(body).count("prompt_cache_breakpoint") == 4
    assert notices == ["of 4 cache points the server writes the latest 3"]
    body, notices = explained(explicit.build(), many(3))
    assert body["prompt_cache_options"] == {"mode": "explicit"}
    assert notices == []


def test_on_claude_what_stands_before_an_hour_lives_for_an_hour() -> None:
    messages = Messages.from_system("A manual.", cache_point()).add_user("A paper.", cache_point("12h"))
    body, notices = explained(claude(), messages)
    assert body["system"][0]["cache_control"]["ttl"] == "1h"
    assert body["messages"][0]["content"][0]["cache_control"]["ttl"] == "1h"
    assert notices == [
        "Claude keeps a cached prompt for an hour at most",
        "a cache point before one of an hour lives for an hour too",
    ]


def test_beside_automatic_caching_the_last_block_has_no_mark_of_its_own() -> None:
    client = ClaudeBuilder().with_api_key("k").with_model("claude-opus-5-5").with_prompt_caching().build()
    body, notices = explained(client, Messages.from_user("Hello", cache_point("1h")))
    assert "cache_control" not in str(body["messages"])
    assert notices == ["with_prompt_caching() marks the end of the conversation already"]


def test_instructions_amid_a_conversation_keep_their_mark_on_claude() -> None:
    messages = Messages.from_user("Hello").append(Message("model", [Text("Hi")]))
    messages.add_system("Be brief.", cache_point()).add_user("Go on")
    body, notices = explained(claude("claude-sonnet-4-0"), messages)
    assert body["messages"][-1]["content"][0]["cache_control"] == {"type": "ephemeral"}
    assert notices == []


def test_a_model_that_keeps_prompts_for_five_minutes_says_so() -> None:
    body, notices = explained(bedrock("us.amazon.nova-pro-v1:0"), Messages.from_user("A", cache_point("1h")))
    assert {"cachePoint": {"type": "default"}} in body["messages"][0]["content"]
    assert notices == ["this model keeps a cached prompt for five minutes at most"]


def test_a_mark_is_stored_and_restored_and_weighs_nothing() -> None:
    messages = marked()
    assert Messages.from_json(messages.to_json()) == messages
    assert messages[0].text == "A manual."
    assert as_cache_point(messages[0].parts[1]) == CachePoint("1h")
    assert as_cache_point(Text("x")) is None
    estimate = estimate_tokens(messages, model="gpt-5.6")
    assert estimate.uncounted == 0


def test_a_lifetime_of_a_stored_mark_that_no_version_knows_is_the_servers_own() -> None:
    stored = marked().to_json().replace('"1h"', '"9d"')
    body, notices = explained(claude(), Messages.from_json(stored))
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert notices == []


def test_other_lifetimes_are_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"cache_point\('2h'\): it is one of '5m', '30m', '1h', '12h'"
    ):
        cache_point("2h")  # type: ignore[arg-type]  # a mistake of a caller without a type checker
