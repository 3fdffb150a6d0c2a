"""What goes over the wire for a conversation, its options and its tools; and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_bedrock import cache_point, document, guarded, search_result
from chat_bedrock.capabilities import FAMILIES, Capabilities, capabilities_of
from chat_bedrock.encode import encode
from chat_bedrock.settings import Caching, Guardrail, RequestDefaults
from chat_core import (
    ChatOptions,
    ChatRequest,
    Completed,
    ConfigurationError,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    OutputSchema,
    Pending,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
    UnresolvedTool,
)
from chat_core.wire import Encoded

HERE = Origin("bedrock", "https://host", "m")
ADD = ToolDefinition("add", "Add.", {"properties": {"a": {"type": "integer"}}})
HELLO = Messages.from_user("Hello")
CLAUDE = capabilities_of("us.anthropic.claude-sonnet-4-5-20250929-v1:0")
NEWER_CLAUDE = capabilities_of("us.anthropic.claude-opus-5-5")


def encoded(
    messages: Messages = HELLO,
    capabilities: Capabilities = CLAUDE,
    *,
    tools: tuple[ToolDefinition, ...] = (),
    output: OutputSchema | None = None,
    stream: bool = False,
    options: dict[str, Any] | None = None,
    **defaults: Any,
) -> Encoded:
    request = ChatRequest(messages, tools, ChatOptions(**(options or {})), output)
    return encode(request, origin=HERE, defaults=RequestDefaults(capabilities, **defaults), stream=stream)


def sent(*args: Any, **kwargs: Any) -> Any:
    return json.loads(json.dumps(encoded(*args, **kwargs).body))


def called(*calls: ToolCall) -> Messages:
    return Messages.from_user("Hello").append(Message("model", [*calls]))


def test_instructions_stand_apart_and_blank_text_is_left_out() -> None:
    messages = Messages.from_system("Be brief.", " ").add_user("", "Hello", "\n\n")
    assert sent(messages) == {
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
    }


def test_results_follow_their_calls_in_one_message() -> None:
    calls = (
        ToolCall("a", "add", {"a": 1}, Completed({"sum": 1})),
        ToolCall("b/2", "a.b", {}, Completed("")),
    )
    body = sent(called(*calls).add_user("And?"), tools=(ADD,))
    assistant, user = body["messages"][1:]
    ids = [block["toolUse"]["toolUseId"] for block in assistant["content"]]
    assert ids[0] == "a"
    assert ids[1].startswith("call_")
    assert user["content"] == [
        {"toolResult": {"toolUseId": "a", "content": [{"text": '{"sum": 1}'}]}},
        {"toolResult": {"toolUseId": ids[1], "content": [{"text": "(no output)"}]}},
        {"text": "And?"},
    ]


def test_a_result_that_failed_has_a_status_where_the_family_takes_one() -> None:
    call = ToolCall("a", "add")
    call.reject("No.")
    assert sent(called(call))["messages"][2]["content"][0]["toolResult"]["status"] == "error"
    assert "status" not in sent(called(call), FAMILIES["writer"])["messages"][2]["content"][0]["toolResult"]


def test_mistrals_results_are_objects() -> None:
    messages = called(ToolCall("a", "add", {}, Completed([1])), ToolCall("b", "add", {}, Completed({"x": 1})))
    results = sent(messages, FAMILIES["mistral"])["messages"][2]["content"]
    assert [result["toolResult"]["content"] for result in results] == [
        [{"json": {"result": [1]}}],
        [{"json": {"x": 1}}],
    ]


def test_an_open_call_is_an_error() -> None:
    with pytest.raises(UnresolvedTool):
        encoded(called(ToolCall("a", "add", {}, Pending())))


@pytest.mark.parametrize(
    ("family", "roles"),
    [
        (FAMILIES["amazon"], ["user", "assistant", "user"]),
        (CLAUDE, ["user", "assistant", "user", "assistant", "user"]),
        (FAMILIES["meta"], ["user", "assistant", "user", "assistant", "user"]),
    ],
)
def test_a_document_stands_apart_from_results_where_the_family_wants_it(
    family: Capabilities, roles: list[str]
) -> None:
    messages = called(ToolCall("a", "add", {}, Completed("1")))
    messages.add_user("Read", File.from_bytes(b"%PDF-", name="a.pdf"))
    assert [message["role"] for message in sent(messages, family)["messages"]] == roles


def test_a_history_with_calls_declares_their_tools_although_none_is_offered() -> None:
    body = sent(called(ToolCall("a", "add", {}, Completed("1"))))
    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == ["add"]
    assert body["additionalModelRequestFields"] == {"tool_choice": {"type": "none"}}
    other = encoded(called(ToolCall("a", "add", {}, Completed("1"))), FAMILIES["amazon"])
    assert [notice.about for notice in other.notices] == ["tool_choice"]


def test_files_have_the_format_of_their_bytes_and_names_of_their_own() -> None:
    messages = Messages.from_user(
        "Look",
        File.from_bytes(b"\xff\xd8\xff", "image/png"),
        File.from_bytes(b"%PDF-", name="ü/report_1.pdf"),
        File.from_bytes(b"%PDF-", name="report 1.pdf"),
        File.from_bytes(b"x", "text/x-python"),
        File.from_bytes(b"x", "Video/MP4; codecs=x"),
        File.from_url("s3://bucket/key.png"),
    )
    content = sent(messages)["messages"][0]["content"][1:]
    assert [next(iter(block)) for block in content] == [
        "image",
        "document",
        "document",
        "document",
        "video",
        "image",
    ]
    assert [next(iter(block.values()))["format"] for block in content] == [
        "jpeg",
        "pdf",
        "pdf",
        "txt",
        "mp4",
        "png",
    ]
    assert [block["document"]["name"] for block in content[1:4]] == ["report 1", "report 1 2", "document"]
    assert content[-1]["image"]["source"] == {"s3Location": {"uri": "s3://bucket/key.png"}}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (File.from_url("https://host/a.png"), "read the file yourself"),
        (File.from_id("f", "image/png"), "no file ids"),
        (File.from_bytes(b"x", "image/svg+xml"), "it takes png"),
        (File.from_bytes(b"", "text/plain"), "empty"),
    ],
)
def test_a_users_file_that_the_wire_cannot_carry_is_refused(file: File, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        encoded(Messages.from_user("Look", file))


def test_a_tools_file_that_the_wire_cannot_carry_is_described_with_a_notice() -> None:
    files = (File.from_bytes(b"ID3", "audio/mpeg", name="a.mp3"), File.from_bytes(b"\x89PNG", "image/png"))
    result = encoded(called(ToolCall("a", "add", {}, Completed("1"), files=files)))
    content = result.body["messages"][2]["content"][0]["toolResult"]["content"]  # type: ignore[index]
    assert [next(iter(item)) for item in content] == ["text", "text", "image"]
    assert "audio 'a.mp3'" in content[1]["text"]
    assert [notice.about for notice in result.notices] == ["messages"]


def test_a_document_alone_gets_a_text_beside_it() -> None:
    result = encoded(Messages.from_user(File.from_bytes(b"%PDF-", name="a.pdf")))
    assert [next(iter(block)) for block in result.body["messages"][0]["content"]] == ["document", "text"]  # type: ignore[index]
    assert "a document needs a text" in result.notices[0].message


def test_what_only_bedrock_reads() -> None:
    messages = Messages.from_user(
        guarded("Check this", "query"),
        search_result("https://host", "T", "passage"),
        document(File.from_bytes(b"%PDF-", name="a.pdf"), context="Old.", citations=True),
        "Now answer",
        cache_point("1h"),
    )
    content = sent(messages)["messages"][0]["content"]
    assert content[0] == {"guardContent": {"text": {"text": "Check this", "qualifiers": ["query"]}}}
    assert content[1]["searchResult"]["content"] == [{"text": "passage"}]
    assert (content[2]["document"]["context"], content[2]["document"]["citations"]) == (
        "Old.",
        {"enabled": True},
    )
    assert content[4] == {"cachePoint": {"type": "default", "ttl": "1h"}}


def test_another_providers_block_is_left_out_with_a_notice() -> None:
    native = Native(Origin("claude", "https://a", "m"), {"type": "search_result"})
    result = encoded(Messages.from_user("Hello", Opaque(native)))
    assert result.body["messages"] == [{"role": "user", "content": [{"text": "Hello"}]}]
    assert "claude" in result.notices[0].message


def test_reasoning_goes_back_with_its_signature_to_where_it_came_from() -> None:
    def turn(origin: Origin) -> Messages:
        parts = [
            Reasoning("Hm", native=Native(origin, {"signature": "s"})),
            Reasoning("", native=Native(origin, {"redactedContent": "eA=="})),
            Text("So"),
        ]
        return Messages.from_user("Hello").append(Message("model", [*parts])).add_user("And?")

    assert sent(turn(HERE))["messages"][1]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
        {"reasoningContent": {"redactedContent": "eA=="}},
        {"text": "So"},
    ]
    other = encoded(turn(Origin("bedrock", "https://host", "another")))
    assert other.body["messages"][1]["content"] == [{"text": "So"}]  # type: ignore[index]
    assert other.notices


def test_a_turn_that_was_cut_in_its_reasoning_is_left_out() -> None:
    thought = Reasoning("Hm", native=Native(HERE, {"signature": "s"}))
    messages = (
        Messages.from_user("Hello").append(Message("model", [thought], interrupted=True)).add_user("Go on")
    )
    assert sent(messages)["messages"] == [{"role": "user", "content": [{"text": "Hello"}, {"text": "Go on"}]}]


def test_a_conversation_starts_and_ends_as_the_family_takes_it() -> None:
    messages = Messages([Message("model", [Text("Hello. \n")])])
    assert sent(messages)["messages"] == [{"role": "assistant", "content": [{"text": "Hello."}]}]
    other = encoded(messages, FAMILIES["amazon"])
    assert [message["role"] for message in other.body["messages"]] == ["user", "assistant", "user"]  # type: ignore[attr-defined]
    assert len(other.notices) == 2


def test_common_options() -> None:
    options = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 10, "stop": "END"}
    assert sent(options=options)["inferenceConfig"] == {
        "temperature": 0.5,
        "topP": 0.9,
        "maxTokens": 10,
        "stopSequences": ["END"],
    }
    newer = encoded(capabilities=NEWER_CLAUDE, options=options)
    assert newer.body["inferenceConfig"] == {"maxTokens": 10, "stopSequences": ["END"]}
    assert [notice.about for notice in newer.notices] == ["temperature", "top_p"]


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (
            "anthropic.claude-sonnet-4-6",
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
        ),
        (
            "us.amazon.nova-2-lite-v1:0",
            {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}},
        ),
        ("openai.gpt-oss-120b-1:0", {"reasoning_effort": "high"}),
        ("openai.gpt-5.6", {"reasoning": {"effort": "high"}}),
        ("qwen.qwen3-32b-v1:0", {"reasoning_config": "high"}),
    ],
)
def test_an_effort_is_what_each_family_calls_it(model: str, fields: dict) -> None:
    body = sent(capabilities=capabilities_of(model), options={"reasoning_effort": "high"})
    assert body["additionalModelRequestFields"] == fields


def test_an_effort_that_the_model_has_not_is_refused_with_what_to_use() -> None:
    with pytest.raises(ConfigurationError, match="with_thinking"):
        encoded(options={"reasoning_effort": "high"})
    with pytest.raises(ConfigurationError, match="leave it out"):
        encoded(capabilities=FAMILIES["meta"], options={"reasoning_effort": "high"})


def test_options_that_converse_has_no_field_for_are_noticed() -> None:
    options = {"seed": 1, "presence_penalty": 0.1, "parallel_tool_calls": False, "top_k": 4}
    notices = encoded(capabilities=FAMILIES["meta"], options=options).notices
    assert {notice.about for notice in notices} == {*options}
    assert sent(options={"top_k": 4})["additionalModelRequestFields"] == {"top_k": 4}
    nova = sent(capabilities=FAMILIES["amazon"], options={"top_k": 4})
    assert nova["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 4}}


@pytest.mark.parametrize(
    ("choice", "config"),
    [("auto", {"auto": {}}), ("required", {"any": {}}), ("add", {"tool": {"name": "add"}}), (None, None)],
)
def test_tools_and_the_choice_among_them(choice: str | None, config: dict | None) -> None:
    tools = sent(tools=(ADD,), options={"tool_choice": choice})["toolConfig"]
    assert tools["tools"] == [
        {
            "toolSpec": {
                "name": "add",
                "description": "Add.",
                "inputSchema": {"json": {"type": "object", "properties": {"a": {"type": "integer"}}}},
            }
        }
    ]
    assert tools.get("toolChoice") == config


def test_no_tools_are_sent_where_none_may_be_called() -> None:
    assert "toolConfig" not in sent(tools=(ADD,), options={"tool_choice": "none"})


def test_choices_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="is no tool of this chat: add"):
        encoded(tools=(ADD,), options={"tool_choice": "sub"})
    with pytest.raises(ConfigurationError, match="only takes 'auto' and 'none'"):
        encoded(capabilities=NEWER_CLAUDE, tools=(ADD,), options={"tool_choice": "required"})
    with pytest.raises(ConfigurationError, match="two tools named 'nova_grounding'"):
        encoded(tools=(ToolDefinition("nova_grounding"),), system_tools=("nova_grounding",))


def test_typed_output_is_a_schema_as_text_or_instructions() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "minLength": 2}}, "required": ["a"]}
    output = OutputSchema("my answer", schema)
    text_format = sent(output=output)["outputConfig"]["textFormat"]
    held = text_format["structure"]["jsonSchema"]
    assert text_format["type"] == "json_schema"
    assert held["name"].startswith("my_answer_")
    assert json.loads(held["schema"]) == {
        "type": "object",
        "properties": {"a": {"type": "string", "description": "(minLength: 2)"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    other = encoded(capabilities=FAMILIES["amazon"], output=output)
    assert "outputConfig" not in other.body
    assert json.dumps(schema) in other.body["system"][0]["text"]  # type: ignore[index]
    assert [notice.about for notice in other.notices] == ["output"]


def test_what_a_client_was_built_with_is_in_every_request() -> None:
    defaults = {
        "guardrail": Guardrail("g", "1", "enabled", "async"),
        "thinking_budget": 2000,
        "additional_fields": {"anthropic_beta": ["x"], "thinking": {"display": "omitted"}},
        "response_fields": ("/stop_sequence",),
        "latency": "optimized",
        "service_tier": "flex",
        "metadata": {"team": "a"},
        "extra": {"promptVariables": {"x": {"text": "y"}}},
    }
    body = sent(stream=True, **defaults)
    assert body["guardrailConfig"] == {
        "guardrailIdentifier": "g",
        "guardrailVersion": "1",
        "trace": "enabled",
        "streamProcessingMode": "async",
    }
    assert body["additionalModelRequestFields"] == {
        "anthropic_beta": ["x"],
        "thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"},
    }
    assert body["additionalModelResponseFieldPaths"] == ["/stop_sequence"]
    assert (body["performanceConfig"], body["serviceTier"]) == ({"latency": "optimized"}, {"type": "flex"})
    assert (body["requestMetadata"], body["promptVariables"]) == ({"team": "a"}, {"x": {"text": "y"}})
    assert "streamProcessingMode" not in sent(**defaults)["guardrailConfig"]


def test_cache_points_end_instructions_tools_and_the_last_message() -> None:
    messages = Messages.from_system("Be brief.").add_user("Hello", File.from_bytes(b"%PDF-", name="a.pdf"))
    body = sent(messages, tools=(ADD,), caching=Caching(ttl="1h"))
    point = {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert body["system"][-1] == point
    assert body["toolConfig"]["tools"][-1] == point
    assert [next(iter(block)) for block in body["messages"][0]["content"]] == [
        "text",
        "cachePoint",
        "document",
    ]
    nova = sent(messages, FAMILIES["amazon"], tools=(ADD,), caching=Caching())
    assert len(nova["toolConfig"]["tools"]) == 1
    marked = sent(Messages.from_user("a", cache_point(), "b"), caching=Caching())
    assert [next(iter(block)) for block in marked["messages"][0]["content"]] == ["text", "cachePoint", "text"]


def test_a_turn_that_has_not_changed_is_not_encoded_again_and_one_that_has_is() -> None:
    call = ToolCall("c1", "add", {"a": 1}, Completed(3))
    messages = called(call).add_user("And?")
    first, second = (encoded(messages).body["messages"] for _ in range(2))
    assert first[1]["content"][0] is second[1]["content"][0]  # type: ignore[index]
    assert first == second
    call.arguments["a"] = 2
    assert sent(messages)["messages"][1]["content"][0]["toolUse"]["input"] == {"a": 2}
