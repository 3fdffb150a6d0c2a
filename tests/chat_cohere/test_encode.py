"""What goes over the wire for a conversation, its options and its tools; and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_cohere import document
from chat_cohere.encode import encode
from chat_cohere.settings import RequestDefaults, Thinking
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
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.wire import Encoded

HERE = Origin("cohere", "https://host", "m")
HELLO = Messages.from_user("Hello")
ADD = ToolDefinition("add", "Add.")
SUB = ToolDefinition("sub")
OUTPUT = OutputSchema("answer", {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}})


def encoded(
    messages: Messages = HELLO,
    *,
    tools: tuple[ToolDefinition, ...] = (),
    output: OutputSchema | None = None,
    options: dict[str, Any] | None = None,
    **defaults: Any,
) -> Encoded:
    request = ChatRequest(messages, tools, ChatOptions(**(options or {})), output)
    return encode(request, origin=HERE, defaults=RequestDefaults(**defaults), stream=False)


def sent(*args: Any, **kwargs: Any) -> Any:
    return json.loads(json.dumps(encoded(*args, **kwargs).body))


def test_messages_keep_their_order_and_blank_text_is_left_out() -> None:
    messages = (
        Messages.from_system("Be brief.")
        .add_user(" ", "Hello")
        .add_system("In French.")
        .add_user("And?", "Go.")
    )
    assert sent(messages)["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "system", "content": "In French."},
        {"role": "user", "content": [{"type": "text", "text": "And?"}, {"type": "text", "text": "Go."}]},
    ]


def test_a_turn_goes_back_with_its_plan_its_thoughts_and_its_calls() -> None:
    parts = [
        Text("I add.", aside=True),
        Reasoning("Hm", native=Native(HERE, {"type": "thinking"})),
        ToolCall("c", "add", {"a": 1}, Completed({"sum": 1})),
    ]
    messages = Messages.from_user("1?").append(Message("model", [*parts]))
    assert sent(messages)["messages"][1:] == [
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm"}],
            "tool_plan": "I add.",
            "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "c", "content": '{"sum": 1}'},
    ]


@pytest.mark.parametrize("text", ["{0", '{"a": 1', '{"a": 2}', '{"a": 1} {"b": 2}'])
def test_text_that_is_not_json_of_the_arguments_is_not_sent_in_their_place(text: str) -> None:
    call = ToolCall("c", "add", {"a": 1}, Completed(1), arguments_text=text)
    stored = Messages.from_user("1?").append(Message("model", [call])).to_json()

    [called] = sent(Messages.from_json(stored))["messages"][1]["tool_calls"]
    assert called["function"]["arguments"] == '{"a": 1}'


def test_another_models_thoughts_stay_there() -> None:
    thought = Reasoning("Hm", native=Native(Origin("cohere", "https://host", "other"), {"type": "thinking"}))
    result = encoded(Messages.from_user("a").append(Message("model", [thought, Text("b")])).add_user("c"))
    assert result.body["messages"][1] == {"role": "assistant", "content": [{"type": "text", "text": "b"}]}  # type: ignore[index]
    assert result.notices


def test_citations_go_back_for_the_block_that_their_text_is() -> None:
    source = {"type": "document", "id": "d", "document": {"text": "x"}}
    cited = {"start": 0, "end": 1, "text": "b", "sources": [source], "content_index": 4}
    parts = [
        Reasoning("Hm", native=Native(HERE, {"type": "thinking"})),
        Text("b", native=Native(HERE, {"citations": [cited, {"start": "junk"}]})),
    ]
    turn = sent(Messages.from_user("a").append(Message("model", [*parts])).add_user("c"))["messages"][1]
    assert turn["citations"] == [{**cited, "content_index": 1}]


def test_text_files_and_documents_are_what_the_model_answers_from() -> None:
    messages = Messages.from_user(
        "Who?",
        File.from_bytes(b"By Matz.", "text/plain", name="facts.txt"),
        document({"title": "T", "text": "More."}, id="mine"),
        document("Plain."),
    )
    body = sent(messages)
    assert body["messages"] == [{"role": "user", "content": "Who?"}]
    assert body["documents"] == [
        {"id": "doc:0", "data": {"title": "facts.txt", "text": "By Matz."}},
        {"id": "mine", "data": {"title": "T", "text": "More."}},
        {"id": "doc:2", "data": {"text": "Plain."}},
    ]


def test_images_are_sent_by_url_or_with_the_type_of_their_bytes() -> None:
    messages = Messages.from_user(
        "Look", File.from_bytes(b"\xff\xd8\xff", "image/png"), File.from_url("https://host/a.png")
    )
    urls = [block["image_url"]["url"] for block in sent(messages)["messages"][0]["content"][1:]]
    assert urls == ["data:image/jpeg;base64,/9j/", "https://host/a.png"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (File.from_bytes(b"%PDF-", name="a.pdf"), "send its text"),
        (File.from_bytes(b"<svg/>", "image/svg+xml"), "convert it"),
        (File.from_id("f", "image/png"), "as bytes or by"),
        (File.from_bytes(b" ", "text/plain"), "empty"),
    ],
)
def test_a_users_file_that_the_wire_cannot_carry_is_refused(file: File, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        encoded(Messages.from_user("Look", file))


def test_a_tools_files_are_documents_or_described_with_a_notice() -> None:
    files = (File.from_bytes(b"x,y", "text/csv", name="t.csv"), File.from_bytes(b"\x89PNG", "image/png"))
    call = ToolCall("c", "add", {}, Completed("1"), files=files)
    result = encoded(Messages.from_user("a").append(Message("model", [call])))
    content = result.body["messages"][-1]["content"]  # type: ignore[index]
    assert content[1] == {"type": "document", "document": {"data": {"title": "t.csv", "text": "x,y"}}}
    assert "cannot be shown" in content[0]["text"]
    assert len(result.notices) == 1


def test_another_providers_block_is_left_out_with_a_notice() -> None:
    result = encoded(Messages.from_user("Hello", Opaque(Native(Origin("claude", "", ""), {"a": 1}))))
    assert result.body["messages"] == [{"role": "user", "content": "Hello"}]
    assert "claude" in result.notices[0].message


def test_a_conversation_that_ends_with_the_model_goes_on() -> None:
    result = encoded(Messages.from_user("a").append(Message("model", [Text("b")])))
    assert result.body["messages"][-1] == {"role": "user", "content": "Continue."}  # type: ignore[index]
    assert result.notices


def test_every_option_reaches_the_wire() -> None:
    options = {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 4,
        "max_tokens": 10,
        "stop": ["A", "B"],
        "seed": 1,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
    }
    body = sent(options=options, extra={"x": 1})
    assert {
        name: body[name] for name in ("temperature", "p", "k", "max_tokens", "stop_sequences", "seed", "x")
    } == {
        "temperature": 0.5,
        "p": 0.9,
        "k": 4,
        "max_tokens": 10,
        "stop_sequences": ["A", "B"],
        "seed": 1,
        "x": 1,
    }
    assert (body["frequency_penalty"], body["presence_penalty"]) == (0.1, 0.2)
    (notice,) = encoded(options={"parallel_tool_calls": False}).notices
    assert notice.about == "parallel_tool_calls"


def test_what_a_client_was_built_with_is_in_every_request() -> None:
    body = sent(
        citations="FAST", safety_mode="STRICT", strict_tools=True, logprobs=True, priority=3, tools=(ADD,)
    )
    assert (body["citation_options"], body["safety_mode"], body["priority"]) == (
        {"mode": "FAST"},
        "STRICT",
        3,
    )
    assert (body["strict_tools"], body["logprobs"]) == (True, True)


@pytest.mark.parametrize(
    ("effort", "thinking", "expected"),
    [
        (None, None, None),
        ("none", None, {"type": "disabled"}),
        ("enabled", Thinking(token_budget=9), {"type": "enabled", "token_budget": 9}),
        (None, Thinking(enabled=False), {"type": "disabled"}),
        (None, Thinking(token_budget=9), {"type": "enabled", "token_budget": 9}),
    ],
)
def test_reasoning(effort: str | None, thinking: Thinking | None, expected: dict | None) -> None:
    assert sent(options={"reasoning_effort": effort}, thinking=thinking).get("thinking") == expected


def test_an_effort_that_cohere_has_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="with_thinking"):
        encoded(options={"reasoning_effort": "high"})


@pytest.mark.parametrize(
    ("choice", "names", "expected"),
    [
        (None, ["add", "sub"], None),
        ("auto", ["add", "sub"], None),
        ("none", ["add", "sub"], "NONE"),
        ("required", ["add", "sub"], "REQUIRED"),
        ("sub", ["sub"], "REQUIRED"),
    ],
)
def test_tools_and_the_choice_among_them(choice: str | None, names: list[str], expected: str | None) -> None:
    body = sent(tools=(ADD, SUB), options={"tool_choice": choice})
    assert [tool["function"]["name"] for tool in body["tools"]] == names
    assert body.get("tool_choice") == expected


def test_a_tool_that_there_is_not_cannot_be_chosen() -> None:
    with pytest.raises(ConfigurationError, match="no tool of this chat: add"):
        encoded(tools=(ADD,), options={"tool_choice": "mul"})


def test_typed_output_is_a_schema_or_instructions_beside_tools() -> None:
    schema = sent(output=OUTPUT)["response_format"]["json_schema"]
    assert schema["properties"]["a"] == {"type": "string", "description": "(maxLength: 9)"}
    beside = encoded(output=OUTPUT, tools=(ADD,))
    assert "response_format" not in beside.body
    assert json.dumps(OUTPUT.schema) in beside.body["messages"][0]["content"]  # type: ignore[index]
    assert [notice.about for notice in beside.notices] == ["output"]


def test_a_turn_that_has_not_changed_is_not_encoded_again_and_one_that_has_is() -> None:
    call = ToolCall("c1", "add", {"a": 1}, Completed(3))
    messages = Messages.from_user("Hello").append(Message("model", [call]))
    first, second = (encoded(messages).body["messages"] for _ in range(2))
    assert first[1] is second[1]  # type: ignore[index]
    call.arguments["a"] = 2
    assert sent(messages)["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"a": 2}'
