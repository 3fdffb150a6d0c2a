"""The bodies of requests, and that what came is sent back as it came, to where it came from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import (
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    File,
    JsonObject,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    OutputSchema,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    UnresolvedTool,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.call_status import Completed
from chat_core.wire import dump
from chat_responses import ResponsesOptions, approval, approval_requests
from chat_responses.decode import decode
from chat_responses.encode import EncodedTurn, encode
from chat_responses.settings import RequestDefaults
from openai.types.responses import response_create_params
from pydantic import TypeAdapter

ORIGIN = Origin("anyone", "http://localhost/v1", "m")
ELSEWHERE = Origin("another", "http://localhost/v1", "m")
ADD = ToolDefinition("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})
CREATE: TypeAdapter[Any] = TypeAdapter(response_create_params.ResponseCreateParamsNonStreaming)


def encoded(request: ChatRequest, origin: Origin = ORIGIN, **defaults: Any) -> EncodedTurn:
    return encode(request, origin=origin, defaults=RequestDefaults(**defaults), stream=False)


def sent_body(turn: EncodedTurn) -> dict[str, Any]:
    """Return the body as the server reads it."""
    body: dict[str, Any] = json.loads(dump(turn.body))
    return body


def body(messages: Messages, origin: Origin = ORIGIN, **more: Any) -> dict[str, Any]:
    """Return the body, which the official SDK's types accept."""
    options = more.pop("chat", ChatOptions())
    request = ChatRequest(messages, more.pop("tools", ()), options, more.pop("output", None))
    sent = sent_body(encoded(request, origin, **more))
    CREATE.validate_python(sent)
    return sent


def answer(*output: JsonObject) -> Message:
    raw = {"id": "r1", "status": "completed", "output": list(output)}
    return decode(json.dumps(raw).encode(), origin=ORIGIN, ids=CallIds(Messages())).message


def said(text: str, **more: object) -> JsonObject:
    content: JsonObject = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [content],
        **more,
    }  # type: ignore[dict-item]


CITED: JsonObject = {
    "type": "url_citation",
    "url": "https://a.example",
    "title": "A",
    "start_index": 0,
    "end_index": 2,
}
ITEMS: dict[str, JsonObject] = {
    "message": said("Hi"),
    "phase": said("Hi", phase="commentary"),
    "citations": {**said("Hi"), "content": [{"type": "output_text", "text": "Hi", "annotations": [CITED]}]},
    "two contents": {
        **said("Hi"),
        "content": [
            {"type": "output_text", "text": "One", "annotations": []},
            {"type": "output_text", "text": "Two", "annotations": [CITED]},
            {"type": "refusal", "refusal": "No."},
            {"type": "output_smell", "smell": "roses"},
        ],
    },
    "empty message": {**said(""), "content": []},
    "sealed reasoning": {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA=="},
    "summarised reasoning": {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}],
        "encrypted_content": "gAAA==",
    },
    "plain reasoning": {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "Hm."}],
    },
    "web search": {
        "type": "web_search_call",
        "id": "ws_1",
        "status": "completed",
        "action": {
            "type": "search",
            "query": "cats",
            "sources": [{"type": "url", "url": "https://a.example"}],
        },
    },
    "file search": {
        "type": "file_search_call",
        "id": "fs_1",
        "queries": ["cats"],
        "status": "completed",
        "results": None,
    },
    "code": {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "code": "1+1",
        "container_id": "cntr_1",
        "status": "completed",
        "outputs": [{"type": "logs", "logs": "2"}],
    },
    "picture": {
        "type": "image_generation_call",
        "id": "ig_1",
        "status": "completed",
        "output_format": "png",
        "result": "iVBORw0KGgo=",
    },
    "picture with line ends": {
        "type": "image_generation_call",
        "id": "ig_1",
        "status": "completed",
        "result": "iVBORw\n0KGgo=",
    },
    "mcp tools": {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": []},
    "mcp call": {
        "type": "mcp_call",
        "id": "mcp_1",
        "server_label": "s",
        "name": "f",
        "arguments": "{}",
        "output": "x",
    },
    "compaction": {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA=="},
    "shell": {
        "type": "shell_call",
        "id": "sh_1",
        "call_id": "c",
        "action": {"commands": ["ls"]},
        "environment": {"type": "container_reference", "container_id": "cntr_1"},
        "status": "completed",
    },
    "unknown": {"type": "time_travel_call", "id": "tt_1", "to": 1985},
}


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_goes_back_as_it_came(name: str) -> None:
    item = ITEMS[name]
    rest = said("Bye", id="msg_9")  # what reasoning leads to
    messages = Messages.from_user("Hello").append(answer(item, rest)).add_user("And?")
    before = messages.to_json()
    sent = sent_body(encoded(ChatRequest(messages)))["input"]

    assert sent == [{"role": "user", "content": "Hello"}, item, rest, {"role": "user", "content": "And?"}]
    assert messages.to_json() == before
    assert sent_body(encoded(ChatRequest(Messages.from_json(before))))["input"] == sent


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_goes_nowhere_else(name: str) -> None:
    messages = Messages.from_user("Hello").append(answer(ITEMS[name])).add_user("And?")
    sent = sent_body(encoded(ChatRequest(messages), ELSEWHERE))
    text = json.dumps(sent)
    assert not any(mark in text for mark in ("_1", "gAAA", "time_travel"))
    CREATE.validate_python(sent)


@pytest.mark.parametrize("native", [True, False])
def test_text_that_is_not_json_of_a_calls_arguments_is_not_sent_in_their_place(native: bool) -> None:
    item: JsonObject = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "add",
        "arguments": '{"a": 1}',
    }
    message = answer(item)
    [call] = message.tool_calls
    call.status, call.arguments_text = Completed(3), "{0"
    if not native:
        call.native = None
    [sent] = (each for each in body(Messages.from_user("Hi").append(message))["input"] if "arguments" in each)
    assert sent["arguments"] == '{"a": 1}'


def test_a_call_and_its_outcome_are_a_pair_under_the_servers_id() -> None:
    item: JsonObject = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "add",
        "arguments": '{ "a": 1 }',
        "status": "completed",
        "namespace": "maths",
    }
    message = answer(item)
    message.tool_calls[0].id = "another"  # as the engine does where the id is taken
    message.tool_calls[0].status = Completed(3)
    sent = body(Messages.from_user("Hi").append(message), tools=[ADD])

    assert sent["input"][1:] == [item, {"type": "function_call_output", "call_id": "call_1", "output": "3"}]
    assert sent["tools"] == [
        {
            "type": "function",
            "name": "add",
            "description": "Add.",
            "parameters": ADD.parameters,
            "strict": False,
        }
    ]


def test_a_custom_call_gets_its_own_kind_of_output() -> None:
    item: JsonObject = {
        "type": "custom_tool_call",
        "id": "ct_1",
        "call_id": "call_1",
        "name": "sql",
        "input": "SELECT 1",
    }
    message = answer(item)
    message.tool_calls[0].status = Completed("one row")
    assert body(Messages.from_user("Hi").append(message))["input"][1:] == [
        item,
        {"type": "custom_tool_call_output", "call_id": "call_1", "output": "one row"},
    ]


def test_files_that_a_tool_returns_stand_beside_its_result() -> None:
    call = ToolCall(
        "call_1", "draw", {}, Completed("drawn"), files=(File.from_bytes(b"\x89PNG\r\n", "image/png"),)
    )
    [_, _, output] = body(Messages.from_user("Hi").append(Message("model", [call])))["input"]
    assert output["output"] == [
        {"type": "input_text", "text": "drawn"},
        {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBORw0K"},
    ]


def test_an_open_call_is_not_sent() -> None:
    with pytest.raises(UnresolvedTool):
        body(Messages.from_user("Hi").append(Message("model", [ToolCall("call_1", "add")])))


def test_turns_of_another_provider_are_sent_as_plain_items() -> None:
    native = Native(ELSEWHERE, {"type": "thinking", "signature": "secret"})
    call = ToolCall("toolu 01/" + "x" * 80, "add", {"a": 1}, Completed(1), native=native)
    parts = [
        Reasoning("Hm.", native=native),
        Text("So:", native=native),
        Refusal("No."),
        Opaque(native),
        call,
    ]
    turn = encoded(ChatRequest(Messages.from_user("Hi").append(Message("model", [*parts]))))
    _, text, refusal, sent, output = sent_body(turn)["input"]

    assert text == {"role": "assistant", "content": "So:"}
    assert refusal == {"role": "assistant", "content": "No."}
    assert (sent["type"], sent["arguments"], output["output"]) == ("function_call", '{"a": 1}', "1")
    assert sent["call_id"] == output["call_id"]
    assert len(sent["call_id"]) <= 64
    assert [notice.about for notice in turn.notices] == ["messages"]


def test_files_that_the_model_made_elsewhere_are_shown_to_it_and_sounds_are_noticed() -> None:
    made = [File.from_bytes(b"\x89PNG\r\n"), File.from_bytes(b"RIFF....WAVE")]
    turn = encoded(ChatRequest(Messages.from_user("Hi").append(Message("model", [*made]))))
    [_, shown] = sent_body(turn)["input"]
    assert (shown["role"], [part["type"] for part in shown["content"]]) == (
        "user",
        ["input_text", "input_image"],
    )
    assert [notice.about for notice in turn.notices] == ["messages"]


def test_reasoning_that_means_nothing_without_a_store_is_left_out_with_the_ids_after_it() -> None:
    call: JsonObject = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "c1",
        "name": "add",
        "arguments": "{}",
    }
    message = answer({"type": "reasoning", "id": "rs_1", "summary": []}, said("Hi", phase="commentary"), call)
    message.tool_calls[0].status = Completed(1)
    [_, text, sent, _] = body(Messages.from_user("Hi").append(message))["input"]
    assert text == {"role": "assistant", "content": "Hi", "phase": "commentary"}
    assert sent == {"type": "function_call", "call_id": "c1", "name": "add", "arguments": "{}"}


def test_a_reasoning_item_kept_as_a_block_is_left_out_like_reasoning_where_nothing_is_stored() -> None:
    item: JsonObject = {"type": "reasoning", "id": "rs_1", "summary": []}
    messages = Messages([Message("model", [Opaque(Native(ORIGIN, item)), Text("Hello")])])
    body = encode(ChatRequest(messages), origin=ORIGIN, defaults=RequestDefaults(), stream=False).body
    assert body["input"] == [{"role": "assistant", "content": "Hello"}]


def test_a_typed_output_goes_back_as_the_text_that_it_was() -> None:
    message = answer(said('{"a": 1}'))
    [text] = message.parts
    message.parts = [Structured({"a": 1}, '{"a": 1}', native=text.native)]
    assert body(Messages.from_user("Hi").append(message))["input"][1] == said('{"a": 1}')


def test_a_null_in_the_action_of_a_search_is_left_out() -> None:
    item: JsonObject = {
        "type": "web_search_call",
        "id": "ws_1",
        "status": "completed",
        "action": {"type": "search", "query": None},
    }
    sent = body(Messages.from_user("Hi").append(answer(item)))
    assert sent["input"][1]["action"] == {"type": "search"}


def test_instructions_lead_and_later_ones_are_the_developers() -> None:
    messages = (
        Messages.from_system("Be brief.").add_system("Be kind.").add_user("Hi").add_system("Now be long.")
    )
    sent = body(messages)
    assert sent["instructions"] == "Be brief.\n\nBe kind."
    assert sent["input"] == [
        {"role": "user", "content": "Hi"},
        {"role": "developer", "content": "Now be long."},
    ]


def test_instructions_alone_get_an_empty_message() -> None:
    assert body(Messages.from_system("Greet me."))["input"] == [{"role": "user", "content": ""}]


@pytest.mark.parametrize(
    ("file", "sent"),
    [
        (
            File.from_bytes(b"\x89PNG\r\n"),
            {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBORw0K"},
        ),
        (
            File.from_url("https://a.example/cat.jpg"),
            {"type": "input_image", "detail": "auto", "image_url": "https://a.example/cat.jpg"},
        ),
        (File.from_id("file_1", "image/png"), {"type": "input_image", "detail": "auto", "file_id": "file_1"}),
        (File.from_id("file_1"), {"type": "input_file", "file_id": "file_1"}),
        (
            File.from_url("https://a.example/a.pdf"),
            {"type": "input_file", "file_url": "https://a.example/a.pdf"},
        ),
        (
            File.from_bytes(b"Hi", "text/plain"),
            {"type": "input_file", "filename": "document.txt", "file_data": "data:text/plain;base64,SGk="},
        ),
        (
            File.from_bytes(b"%PDF-", name="a.pdf"),
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        ),
    ],
)
def test_files_go_in_as_bytes_urls_and_ids(file: File, sent: object) -> None:
    [message] = body(Messages.from_user("What is this?", file))["input"]
    assert message == {"role": "user", "content": [{"type": "input_text", "text": "What is this?"}, sent]}


@pytest.mark.parametrize("mimetype", ["audio/wav", "video/mp4"])
def test_what_the_wire_cannot_carry_is_refused(mimetype: str) -> None:
    with pytest.raises(ConfigurationError, match="this wire takes no"):
        body(Messages.from_user(File.from_bytes(b"...", mimetype)))


def test_common_options_go_to_their_fields() -> None:
    chat = ChatOptions(
        temperature=0.5, top_p=0.9, max_tokens=100, reasoning_effort="low", parallel_tool_calls=False
    )
    sent = body(Messages.from_user("Hi"), chat=chat, tools=[ADD])
    assert (sent["temperature"], sent["top_p"], sent["max_output_tokens"]) == (0.5, 0.9, 100)
    assert sent["reasoning"] == {"effort": "low"}
    assert sent["include"] == ["reasoning.encrypted_content"]
    assert sent["parallel_tool_calls"] is False


@pytest.mark.parametrize("name", ["top_k", "seed", "stop", "frequency_penalty", "presence_penalty"])
def test_an_option_that_the_wire_lacks_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        body(Messages.from_user("Hi"), chat=ChatOptions(**{name: "x" if name == "stop" else 1}))  # type: ignore[arg-type]


def test_options_of_this_wire_go_to_theirs() -> None:
    options = ResponsesOptions(
        reasoning_effort="high",
        reasoning_summary="auto",
        verbosity="low",
        include=["web_search_call.action.sources"],
        service_tier="flex",
        prompt_cache_key="k",
        truncation="auto",
        metadata={"a": "b"},
        max_tool_calls=3,
        top_logprobs=2,
    )
    sent = body(Messages.from_user("Hi"), options=options, chat=ChatOptions(reasoning_effort="low"))
    assert sent["reasoning"] == {"effort": "low", "summary": "auto"}
    assert sent["include"] == ["web_search_call.action.sources", "reasoning.encrypted_content"]
    assert sent["text"] == {"verbosity": "low"}
    rest = ("service_tier", "prompt_cache_key", "truncation", "metadata", "max_tool_calls", "top_logprobs")
    assert [sent[name] for name in rest] == ["flex", "k", "auto", {"a": "b"}, 3, 2]


SCHEMA: JsonObject = {"type": "object", "properties": {"a": {"type": "integer", "default": 1}}}


def test_a_schema_is_flat_and_in_the_strict_subset() -> None:
    sent = body(Messages.from_user("Hi"), output=OutputSchema("out", SCHEMA, "An output."))
    assert sent["text"]["format"] == {
        "type": "json_schema",
        "name": "out",
        "description": "An output.",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "required": ["a"],
            "additionalProperties": False,
        },
    }


def test_a_schema_that_cannot_be_enforced_is_refused_before_it_is_sent() -> None:
    open_ended: JsonObject = {"type": "object", "additionalProperties": {"type": "string"}}
    with pytest.raises(ConfigurationError, match="#/additionalProperties"):
        body(Messages.from_user("Hi"), output=OutputSchema("out", open_ended))
    assert (
        body(Messages.from_user("Hi"), output=OutputSchema("out", open_ended), strict_output=False)["text"][
            "format"
        ]["strict"]
        is False
    )


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ("add", {"type": "function", "name": "add"}),
        ("web_search", {"type": "web_search"}),
        ("docs", {"type": "mcp", "server_label": "docs"}),
        ("sql", {"type": "custom", "name": "sql"}),
    ],
)
def test_a_tool_is_chosen_by_its_name_native_ones_too(choice: str, sent: object) -> None:
    native: list[JsonObject] = [
        {"type": "web_search"},
        {"type": "mcp", "server_label": "docs", "server_url": "https://a.example"},
        {"type": "custom", "name": "sql"},
    ]
    request = ChatRequest(Messages.from_user("Hi"), [ADD], ChatOptions(tool_choice=choice))
    assert sent_body(encoded(request, native_tools=tuple(native)))["tool_choice"] == sent


def test_a_choice_that_is_no_tool_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no such tool"):
        body(Messages.from_user("Hi"), tools=[ADD], chat=ChatOptions(tool_choice="subtract"))


def test_the_answer_to_an_mcp_servers_request_is_the_users_item() -> None:
    asked: JsonObject = {
        "type": "mcp_approval_request",
        "id": "mcpr_1",
        "name": "f",
        "arguments": "{}",
        "server_label": "s",
    }
    message = answer(asked)
    [request] = approval_requests(message)
    messages = (
        Messages.from_user("Hi").append(message).add_user(approval(request, approve=False, reason="No."))
    )
    assert body(messages)["input"][1:] == [
        asked,
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": False, "reason": "No."},
    ]
    with pytest.raises(ConfigurationError, match="approval_requests"):
        approval(Opaque(Native(ORIGIN, {"type": "mcp_call"})))


def test_half_a_character_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ConfigurationError, match="JSON"):
        body(Messages.from_user("\ud83d"))
