"""Any conversation becomes a body that the Converse API takes, for the models of every family."""

import pytest
from budget import budget, show
from chat_bedrock.capabilities import FAMILIES, Capabilities, capabilities_of
from chat_bedrock.encode import encode, encode_count
from chat_bedrock.settings import Caching, Guardrail, RequestDefaults
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
from conversation_strategies import conversations, has_content, texts
from histories import histories
from hypothesis import given
from hypothesis import strategies as st
from rules_bedrock import broken_rules

HERE = Origin("bedrock", "https://host", "m")
DATAS = [
    {"signature": "sig"},
    {"redactedContent": "c2VhbGVk"},
    {"signature": 7},
    {"citationsContent": {"content": [{"text": "a"}], "citations": []}},
    {"toolUse": {"toolUseId": "s1", "name": "nova_grounding", "input": {}, "type": "server_tool_use"}},
    {"toolResult": {"toolUseId": "s1", "content": [{"text": "found"}]}},
]
FILES = st.sampled_from(
    [
        File.from_bytes(b"\x89PNG rest", "image/png"),
        File.from_bytes(b"%PDF-1.4", name="a.pdf"),
        File.from_bytes(b"%PDF-1.4", name="a.pdf"),
        File.from_bytes(b"x = 1", "text/x-python", name="x.py"),
        File.from_bytes(b"v", "video/mp4"),
        File.from_url("s3://bucket/a.pdf"),
    ]
)
MODELS = ["anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-opus-5-5", "unknown.model"]
CAPABILITIES = st.sampled_from([*FAMILIES.values(), *map(capabilities_of, MODELS), Capabilities()])
TOOLS = st.lists(
    st.sampled_from(
        [
            ToolDefinition("add", "Add."),
            ToolDefinition("a.b", " ", {"properties": {}}),
            ToolDefinition("z", strict=True),
        ]
    ),
    unique_by=lambda tool: tool.name,
    max_size=3,
)
OPTIONS = st.builds(
    ChatOptions,
    temperature=st.none() | st.just(0.5),
    max_tokens=st.none() | st.just(100),
    stop=st.none() | st.just("END"),
    top_k=st.none() | st.just(4),
    seed=st.none() | st.just(1),
    tool_choice=st.sampled_from([None, "auto", "none"]),
)
OUTPUT = OutputSchema(
    "an answer",
    {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}, "required": ["a"]},
)


def attempt(request: ChatRequest, defaults: RequestDefaults, *, stream: bool) -> Encoded | ConfigurationError:
    """What encoding gives: a body, or the error that refuses the request."""
    show(request.messages, defaults, request.options)
    try:
        return encode(request, origin=HERE, defaults=defaults, stream=stream)
    except ConfigurationError as error:
        return error


@budget(100)
@given(
    messages=conversations(HERE, DATAS, FILES),
    capabilities=CAPABILITIES,
    tools=TOOLS,
    options=OPTIONS,
    output=st.none() | st.just(OUTPUT),
    caching=st.none() | st.builds(Caching, ttl=st.sampled_from([None, "1h"])),
    stream=st.booleans(),
)
def test_any_conversation_becomes_a_body_that_keeps_the_rules(
    messages: Messages,
    capabilities: Capabilities,
    tools: list[ToolDefinition],
    options: ChatOptions,
    output: OutputSchema | None,
    caching: Caching | None,
    stream: bool,
) -> None:
    before = messages.to_json()
    defaults = RequestDefaults(capabilities, Guardrail("abc", "1", processing="sync"), caching)
    request = ChatRequest(messages, tools, options, output)
    encoded = attempt(request, defaults, stream=stream)
    assert messages.to_json() == before
    if isinstance(encoded, ConfigurationError):
        assert "needs a message" in str(encoded)
        assert not any(has_content(message) for message in messages)
        return
    operation = "ConverseStream" if stream else "Converse"
    assert broken_rules(encoded.body, capabilities, operation=operation) == []
    counted = encode_count(request, origin=HERE, defaults=defaults)
    assert broken_rules(counted.body, operation="CountTokens") == []
    assert Messages.from_json(before).to_json() == before


@budget(40)
@given(messages=histories(open_calls=False), capabilities=CAPABILITIES)
def test_a_conversation_of_any_provider_is_sent_or_refused_for_what_the_user_put_in(
    messages: Messages, capabilities: Capabilities
) -> None:
    encoded = attempt(ChatRequest(messages), RequestDefaults(capabilities), stream=False)
    if isinstance(encoded, ConfigurationError):
        assert "Bedrock" in str(encoded) or "message" in str(encoded)
    else:
        assert broken_rules(encoded.body, capabilities) == []


@budget(20)
@given(text=texts, before=st.lists(texts, max_size=2))
def test_no_text_of_a_user_is_lost(text: str, before: list[str]) -> None:
    messages = Messages.from_user("start", *before, text)
    body = encode(ChatRequest(messages), origin=HERE, defaults=RequestDefaults(), stream=False).body
    (message,) = body["messages"]
    assert [block["text"] for block in message["content"]] == [
        said for said in ("start", *before, text) if said.strip()
    ]


def user(*blocks: dict) -> dict:
    return {"role": "user", "content": [*blocks]}


def model(*blocks: dict) -> dict:
    return {"role": "assistant", "content": [*blocks]}


CALL = {"toolUse": {"toolUseId": "c", "name": "add", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "c", "content": [{"text": "3"}]}}
DOCUMENT = {"document": {"format": "pdf", "name": "a", "source": {"bytes": "eA=="}}}
HELLO = {"text": "Hello"}
SPEC = {"toolSpec": {"name": "add", "inputSchema": {"json": {"type": "object"}}}}
CONFIG = {"tools": [SPEC]}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": [model(HELLO), user(HELLO)]}, "first message is the user's"),
        ({"messages": [user(HELLO), model(HELLO)]}, "last message is the user's"),
        ({"messages": [user(HELLO), user(HELLO)]}, "two messages of user"),
        ({"messages": [user()]}, "no content"),
        ({"messages": [user({"text": " "})]}, "blank text"),
        ({"messages": [user({"text": "a", "image": {}})]}, "exactly one member"),
        ({"messages": [user({"picture": {}})]}, "no member"),
        ({"messages": [user(DOCUMENT)]}, "document without a text"),
        ({"messages": [user(HELLO, DOCUMENT, DOCUMENT)]}, "same name"),
        ({"messages": [user(HELLO), model(CALL), user(RESULT)]}, "need toolConfig"),
        ({"messages": [user(HELLO), model(CALL), user(HELLO)], "toolConfig": CONFIG}, "next message answers"),
        ({"messages": [user(HELLO, CALL)], "toolConfig": CONFIG}, "only models send"),
        ({"messages": [user(HELLO), model(DOCUMENT), user(HELLO)]}, "only users send"),
        ({"messages": [user(HELLO)], "toolConfig": {"tools": [SPEC, SPEC]}}, "same name"),
        ({"messages": [user(HELLO)], "toolConfig": {"tools": []}}, "less than 1"),
        ({"messages": [user(HELLO)], "inferenceConfig": {"maxTokens": 0}}, "less than 1"),
        ({"messages": [user(HELLO)], "inferenceConfig": {"maxTokens": "9"}}, "has to be a integer"),
        ({"messages": [user(HELLO)], "temperature": 1}, "no member"),
        (
            {"messages": [user(HELLO, DOCUMENT, {"cachePoint": {"type": "default"}})]},
            "cache point right after",
        ),
        (
            {
                "messages": [
                    user(HELLO),
                    model({"toolUse": {"toolUseId": "a b", "name": "x.y", "input": {}}}),
                    user({"toolResult": {"toolUseId": "a b", "content": []}}),
                ],
                "toolConfig": CONFIG,
            },
            "does not match",
        ),
    ],
)
def test_the_checker_names_the_rule_that_a_body_breaks(body: dict, rule: str) -> None:
    assert any(rule in fault for fault in broken_rules(body)), broken_rules(body)


def test_the_checker_has_nothing_against_a_good_body() -> None:
    body = {"messages": [user(HELLO, DOCUMENT), model(CALL), user(RESULT)], "toolConfig": CONFIG}
    assert broken_rules(body) == []
