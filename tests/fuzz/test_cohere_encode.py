"""Any conversation becomes a body that Cohere takes."""

import pytest
from budget import budget, show
from chat_cohere import document
from chat_cohere.encode import encode
from chat_cohere.settings import RequestDefaults, Thinking
from chat_core import (
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    File,
    Messages,
    Origin,
    OutputSchema,
    ToolDefinition,
)
from chat_core.wire import Encoded
from conversation_strategies import conversations, has_content
from histories import histories
from hypothesis import given
from hypothesis import strategies as st
from rules_cohere import broken_rules

HERE = Origin("cohere", "https://host", "command-a")
SOURCE = {"type": "document", "id": "d", "document": {"text": "x"}}
DATAS = [
    {"type": "thinking"},
    {"citations": [{"start": 0, "end": 1, "text": "a", "sources": [SOURCE], "type": "TEXT_CONTENT"}]},
    {"citations": [{"start": "0"}, 7]},
    {"citations": [{"start": 0, "end": 1, "text": "a", "sources": [{"type": "new"}]}]},
]
FILES = st.sampled_from(
    [
        File.from_bytes(b"\x89PNG rest", "image/png"),
        File.from_url("https://host/a.jpg"),
        File.from_bytes(b"x = 1", "text/x-python", name="x.py"),
        File.from_bytes(b"{}", "application/json"),
    ]
)
TOOLS = st.lists(
    st.sampled_from(
        [ToolDefinition("add", "Add."), ToolDefinition("a.b", " "), ToolDefinition("z", strict=True)]
    ),
    unique_by=lambda tool: tool.name,
    max_size=3,
)
OUTPUT = OutputSchema("answer", {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}})
OPTIONS = st.builds(
    ChatOptions,
    temperature=st.none() | st.just(0.5),
    stop=st.none() | st.just("END"),
    top_k=st.none() | st.just(4),
    seed=st.none() | st.just(1),
    tool_choice=st.sampled_from([None, "auto", "none", "required"]),
    reasoning_effort=st.sampled_from([None, "none", "enabled"]),
)
REQUESTS = st.builds(
    ChatRequest,
    conversations(HERE, DATAS, FILES),
    TOOLS,
    OPTIONS,
    st.none() | st.just(OUTPUT),
)
DEFAULTS = st.sampled_from(
    [
        RequestDefaults(),
        RequestDefaults(Thinking(token_budget=100), "FAST", "STRICT", strict_tools=True, priority=1),
    ]
)


def attempt(request: ChatRequest, defaults: RequestDefaults, *, stream: bool) -> Encoded | ConfigurationError:
    """What encoding gives: a body, or the error that refuses the request."""
    show(request.messages, defaults)
    try:
        return encode(request, origin=HERE, defaults=defaults, stream=stream)
    except ConfigurationError as error:
        return error


@budget(100)
@given(request=REQUESTS, defaults=DEFAULTS, stream=st.booleans())
def test_any_conversation_becomes_a_body_that_keeps_the_rules(
    request: ChatRequest, defaults: RequestDefaults, stream: bool
) -> None:
    before = request.messages.to_json()
    encoded = attempt(request, defaults, stream=stream)
    assert request.messages.to_json() == before
    if isinstance(encoded, ConfigurationError):
        assert "needs a message" in str(encoded)
        assert not any(has_content(message) for message in request.messages)
        return
    assert broken_rules(encoded.body) == []


@budget(40)
@given(messages=histories(open_calls=False))
def test_a_conversation_of_any_provider_is_sent_or_refused_for_what_the_user_put_in(
    messages: Messages,
) -> None:
    encoded = attempt(ChatRequest(messages), RequestDefaults(), stream=False)
    if isinstance(encoded, ConfigurationError):
        assert "Cohere" in str(encoded) or "message" in str(encoded)
    else:
        assert broken_rules(encoded.body) == []


def user(text: str = "Hello") -> dict:
    return {"role": "user", "content": text}


CALL = {"id": "c", "type": "function", "function": {"name": "add", "arguments": "{}"}}
CALLED = {"role": "assistant", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c", "content": "3"}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


def body(*messages: dict, **fields: object) -> dict:
    return {"model": "m", "messages": [*messages], "stream": False, **fields}


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (body(), "at least one message"),
        (body(user(), {"role": "assistant", "content": "a"}), "not the model's"),
        (body(user(), CALLED, user()), "before the results"),
        (body(user(), CALLED), "have no results"),
        (body(user(), RESULT), "answers no call"),
        (body(user(" ")), "blank"),
        (body({"role": "user", "content": "a", "name": "x"}), "has ['name']"),
        (body({"role": "robot", "content": "a"}), "not of the SDK's type"),
        (body(user(), {"role": "assistant", "tool_plan": "p"}, user()), "says and calls nothing"),
        (body(user(), top_p=1), "top_p is no field"),
        (body(user(), tool_choice="auto"), "REQUIRED or NONE"),
        (body(user(), tools=[]), "at least one tool"),
        (body(user(), tools=[TOOL], response_format={"type": "json_object"}), "beside neither"),
        (body(user(), documents=[{"id": "a", "data": {}}, {"id": "a", "data": {}}]), "same id"),
        ({"messages": [user()]}, "model is required"),
    ],
)
def test_the_checker_names_the_rule_that_a_body_breaks(wrong: dict, rule: str) -> None:
    assert any(rule in fault for fault in broken_rules(wrong)), broken_rules(wrong)


def test_the_checker_has_nothing_against_a_good_body() -> None:
    assert broken_rules(body(user(), {**CALLED, "tool_plan": "I add."}, RESULT, tools=[TOOL])) == []
    assert document("x")  # what users put in by hand is tried in tests/chat_cohere
