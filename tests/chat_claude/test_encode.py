"""What goes over the wire: conversations, files, tools, options, and what is refused before anything is
sent.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from chat_claude import ClaudeBuilder, Thinking, block, cached, container_upload, document, search_result
from chat_claude.encode import EncodedRequest, encode, encode_count
from chat_claude.options import ClaudeOptions
from chat_claude.settings import RequestDefaults
from chat_core import (
    ChatOptions,
    ChatRequest,
    Citation,
    Completed,
    ConfigurationError,
    Failed,
    File,
    Message,
    Messages,
    Native,
    Notice,
    Opaque,
    Origin,
    OutputSchema,
    Reasoning,
    Refusal,
    Rejected,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    Turn,
    UnresolvedTool,
)
from chat_core.wire import dump

Judge = Callable[[Mapping[str, object] | bytes], dict[str, Any]]

NEW = Origin("claude", "https://api.anthropic.com", "claude-opus-5-5")
OLD = Origin("claude", "https://api.anthropic.com", "claude-sonnet-4-5")
PNG = b"\x89PNG\r\n\x1a\n"
ADD = ToolDefinition(
    "add", "Add two numbers.", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
)


def encoded(
    request: ChatRequest | Messages, *, origin: Origin = NEW, defaults: RequestDefaults = RequestDefaults()
) -> EncodedRequest:
    request = ChatRequest(request) if isinstance(request, Messages) else request
    return encode(request, origin=origin, defaults=defaults, stream=False)


def body_of(request: ChatRequest | Messages, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(dump(encoded(request, **more).body))
    return body


def sent(messages: Messages, **more: Any) -> Any:
    return body_of(messages, **more)["messages"]


def defaults_of(builder: ClaudeBuilder[Any]) -> RequestDefaults:
    return builder.with_model("m").with_api_key("k").build()._settings.defaults


def call(id: str = "toolu_1", **more: Any) -> ToolCall:
    return ToolCall(id, "add", {"a": 1}, more.pop("status", Completed(42)), **more)


def after(*parts: Any, **more: Any) -> Messages:
    return Messages.from_user("Hello").append(Message("model", list(parts), **more))


# -- a conversation


def test_instructions_stand_apart_and_turns_alternate(official: Judge) -> None:
    messages = (
        Messages.from_system("Be brief.")
        .add_user("Hello")
        .append(Message("model", [Text("Hi")]))
        .add_user("And?")
    )

    assert official(encoded(messages).body) == {
        "model": "claude-opus-5-5",
        "max_tokens": 16384,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "user", "content": "And?"},
        ],
    }


def test_several_instructions_stay_several_blocks(official: Judge) -> None:
    messages = Messages.from_system("Be brief.", Structured({"tone": "dry"})).add_user("Hello")

    assert official(encoded(messages).body)["system"] == [
        {"type": "text", "text": "Be brief."},
        {"type": "text", "text": '{"tone": "dry"}'},
    ]


def test_results_come_first_in_the_turn_after_their_calls_and_all_in_one(official: Judge) -> None:
    messages = after(Text("I add."), call("toolu_1"), call("toolu_2", status=Failed("no"))).add_user("Well?")

    assert official(encoded(messages).body)["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I add."},
                {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}},
                {"type": "tool_use", "id": "toolu_2", "name": "add", "input": {"a": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "42"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "no", "is_error": True},
                {"type": "text", "text": "Well?"},
            ],
        },
    ]


def test_a_call_that_waits_cannot_be_sent() -> None:
    with pytest.raises(UnresolvedTool, match="toolu_1"):
        encoded(after(ToolCall("toolu_1", "add")))


def test_an_edited_call_is_sent_as_the_model_made_it_and_a_rejected_one_with_its_reason(
    official: Judge,
) -> None:
    messages = after(call(edited={"a": 9}), call("toolu_2", status=Rejected("not today")))
    assistant, user = official(encoded(messages).body)["messages"][1:]

    assert assistant["content"][0]["input"] == {"a": 1}
    assert user["content"][1] == {
        "type": "tool_result",
        "tool_use_id": "toolu_2",
        "content": "not today",
        "is_error": True,
    }


def test_a_result_brings_its_files_with_it(official: Judge) -> None:
    messages = after(call(files=(File.from_bytes(PNG), File.from_bytes(b"%PDF-1.7"))))
    result = official(encoded(messages).body)["messages"][-1]["content"][0]

    assert [item["type"] for item in result["content"]] == ["text", "image", "document"]
    assert result["content"][1]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": "iVBORw0KGgo=",
    }


def test_ids_that_the_wire_refuses_are_sent_as_others_always_the_same(official: Judge) -> None:
    messages = after(call("functions.add:0"), call("call|fc_1"), call("ok-1_A"))
    assistant, user = official(encoded(messages).body)["messages"][1:]

    ids = [used["id"] for used in assistant["content"]]
    assert ids == [result["tool_use_id"] for result in user["content"]]
    assert all(id.startswith("toolu_") for id in ids[:2])
    assert len(set(ids)) == 3
    assert ids[2] == "ok-1_A"
    assert ids == [used["id"] for used in sent(messages)[1]["content"]]
    assert messages[1].tool_calls[0].id == "functions.add:0"


def test_what_is_empty_is_not_sent() -> None:
    messages = Messages.from_user("Hello", "").append(Message("model", [Text("")])).add_user("Are you there?")

    assert sent(messages) == [
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": "Are you there?"}],
        }
    ]


def test_only_instructions_are_nothing_to_answer() -> None:
    with pytest.raises(ConfigurationError, match=r"messages\.add_user"):
        encoded(Messages.from_system("Be brief."))


def test_a_turn_at_the_end_is_continued_by_older_models() -> None:
    messages = after(Text("The answer is "), interrupted=True)

    assert sent(messages, origin=OLD)[-1] == {
        "role": "assistant",
        "content": [{"type": "text", "text": "The answer is"}],
    }


@pytest.mark.parametrize(
    "how", [{"interrupted": True}, {"turn": Turn("length", "max_tokens")}], ids=["interrupted", "length"]
)
def test_after_a_turn_that_was_cut_newer_models_get_a_request_to_go_on(how: dict[str, Any]) -> None:
    messages = after(Text("The answer is "), **how)

    made = encoded(messages)
    assert json.loads(dump(made.body))["messages"][1:] == [
        {"role": "assistant", "content": [{"type": "text", "text": "The answer is "}]},
        {"role": "user", "content": "Go on."},
    ]
    assert [notice.about for notice in made.notices] == ["messages"]
    assert len(messages) == 2


def test_a_finished_turn_at_the_end_asks_newer_models_for_nothing() -> None:
    messages = after(Text("The answer is 42."), turn=Turn("stop", "end_turn"))

    with pytest.raises(
        ConfigurationError, match=r"does not go on from a turn of its own: messages\.add_user"
    ):
        encoded(messages)
    counted = encode_count(ChatRequest(messages), origin=NEW, defaults=RequestDefaults())
    assert counted.body["messages"] == sent(messages, origin=OLD)


def test_a_refused_turn_is_not_sent_again() -> None:
    refused = Message("model", [Text("Well,")], turn=Turn("refusal", "refusal"))
    messages = Messages.from_user("Bad").append(refused).add_user("Good")

    assert sent(messages) == [
        {"role": "user", "content": [{"type": "text", "text": "Bad"}, {"type": "text", "text": "Good"}]}
    ]
    assert messages[1] is refused


# -- instructions amid a conversation


def test_instructions_after_the_user_stay_instructions_where_the_model_supports_them(official: Judge) -> None:
    messages = Messages.from_system("Be brief.").add_user("Hello").add_system("Be long.")
    body = official(encoded(messages).body)

    assert body["system"] == "Be brief."
    assert body["messages"][1] == {"role": "system", "content": [{"type": "text", "text": "Be long."}]}


@pytest.mark.parametrize(
    "model", ["claude-sonnet-5", "claude-opus-4-7", "claude-haiku-4-5", "some-gateways-model"]
)
def test_elsewhere_they_become_words_of_the_user(model: str) -> None:
    messages = Messages.from_user("Hello").add_system("Be long.")

    told = {"type": "text", "text": "<system>\nBe long.\n</system>"}
    assert sent(messages, origin=Origin("claude", "", model)) == [
        {"role": "user", "content": [{"type": "text", "text": "Hello"}, told]}
    ]


def test_instructions_that_no_turn_of_the_model_follows_become_words_of_the_user() -> None:
    before = Messages.from_user("Hello").add_system("Be long.").add_user("Go on")
    first = after(Text("Hi")).add_system("Be long.")

    assert [block["text"] for block in sent(before)[0]["content"]] == [
        "Hello",
        "<system>\nBe long.\n</system>",
        "Go on",
    ]
    assert sent(first)[-1] == {"role": "user", "content": "<system>\nBe long.\n</system>"}


def test_a_block_for_which_there_is_no_part_can_stand_in_them() -> None:
    addition = block({"type": "tool_addition", "tool": {"type": "tool_reference", "name": "add"}})
    messages = Messages.from_user("Hello").add_system(addition)

    assert sent(messages)[-1] == {
        "role": "system",
        "content": [{"type": "tool_addition", "tool": addition.native.data["tool"]}],
    }
    with pytest.raises(ConfigurationError, match="takes no tool_addition amid a conversation"):
        encoded(messages, origin=OLD)


# -- what the user shows


@pytest.mark.parametrize(
    ("file", "becomes"),
    [
        (
            File.from_bytes(PNG),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
            },
        ),
        (
            File.from_url("https://a/b.webp"),
            {"type": "image", "source": {"type": "url", "url": "https://a/b.webp"}},
        ),
        (
            File.from_id("file_1", "image/png"),
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        ),
        (File.from_id("file_1"), {"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
        (
            File.from_url("https://a/b.pdf"),
            {"type": "document", "source": {"type": "url", "url": "https://a/b.pdf"}},
        ),
        (
            File.from_bytes(b"%PDF-1", name="a.pdf"),
            {
                "type": "document",
                "title": "a.pdf",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"},
            },
        ),
        (
            File.from_bytes("ä,b".encode(), "text/csv"),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "ä,b"}},
        ),
        (
            document(File.from_bytes(b"a", "text/plain"), title="T", context="C", citations=True),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "a"},
                "title": "T",
                "context": "C",
                "citations": {"enabled": True},
            },
        ),
        (container_upload("file_1"), {"type": "container_upload", "file_id": "file_1"}),
        (
            search_result("https://a", "A", "one", "two"),
            {
                "type": "search_result",
                "source": "https://a",
                "title": "A",
                "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
                "citations": {"enabled": True},
            },
        ),
    ],
    ids=lambda value: getattr(value, "type", None) if not isinstance(value, dict) else "",
)
def test_files_and_blocks(file: File | Opaque, becomes: dict[str, Any], official: Judge) -> None:
    messages = Messages.from_user(file, "What is it?")

    body = official(encoded(messages).body)
    assert body["messages"][0]["content"][0] == becomes
    assert Messages.from_json(messages.to_json()) == messages


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (File.from_bytes(b"x", "image/tiff"), "JPEG, PNG, GIF or WebP, not image/tiff"),
        (File.from_bytes(b"x", "audio/wav"), "reads no audio"),
        (File.from_bytes(b"x", "video/mp4"), "reads no video"),
        (File.from_bytes(b"x", "application/zip"), r"container_upload\(file_id\)"),
        (File.from_bytes(b"\xff", "text/plain"), "is not UTF-8"),
    ],
)
def test_what_the_model_cannot_read_is_refused_with_a_way_out(file: File, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        encoded(Messages.from_user(file))


def test_files_by_id_bring_the_beta_that_the_older_version_wants() -> None:
    messages = Messages.from_user(File.from_id("file_1"))

    assert encoded(messages).betas == ("files-api-2025-04-14",)
    assert encoded(messages, defaults=RequestDefaults(version="2026-10-21")).betas == ()


# -- what the model said


def test_its_own_blocks_go_back_as_they_came_and_only_to_where_they_came_from(official: Judge) -> None:
    signed = {"block": {"type": "thinking", "signature": "c2ln"}, "prefix": ""}
    sealed = {"block": {"type": "redacted_thinking", "data": "eHk="}, "prefix": ""}
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    place = {
        "type": "char_location",
        "document_index": 0,
        "start_char_index": 0,
        "end_char_index": 1,
        "cited_text": "a",
    }
    messages = after(
        Reasoning("hm", native=Native(NEW, signed)),
        Reasoning("", native=Native(NEW, sealed)),
        Opaque(Native(NEW, search)),
        Opaque(Native(NEW, found)),
        Text("So", (Citation(raw=place | {"file_id": "file_1"}),), native=Native(NEW, {})),
    ).add_user("And?")
    stored = copy.deepcopy(messages)

    assert official(encoded(messages).body)["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "eHk="},
        search,
        found,
        {"type": "text", "text": "So", "citations": [{"document_title": None} | place]},
    ]
    elsewhere = encoded(messages, origin=OLD)
    assert official(elsewhere.body)["messages"][1]["content"] == [{"type": "text", "text": "So"}]
    assert elsewhere.notices == (
        Notice("messages", "a block that only claude (claude-opus-5-5) can read was not sent"),
    )
    assert messages == stored


def test_a_server_tools_call_without_a_result_is_sent_only_while_it_is_at_work() -> None:
    at_work = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
    messages = after(Text("I look."), Opaque(Native(NEW, at_work)), turn=Turn("other", "pause_turn"))

    assert sent(messages)[1]["content"][1] == at_work
    given_up = encoded(messages.add_user("Never mind."))
    assert given_up.body["messages"][1]["content"] == [{"type": "text", "text": "I look."}]  # type: ignore[index]
    assert "never had a result" in given_up.notices[0].message


@pytest.mark.parametrize("origin", [NEW, OLD])
def test_a_server_tools_call_that_the_token_limit_cut_off_is_not_sent(origin: Origin) -> None:
    cut_off = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
    messages = after(Text("I look."), Opaque(Native(origin, cut_off)), turn=Turn("length", "max_tokens"))

    request = encoded(messages, origin=origin)
    turn, *rest = request.body["messages"][1:]  # type: ignore[index]
    assert turn == {"role": "assistant", "content": [{"type": "text", "text": "I look."}]}
    assert rest == ([{"role": "user", "content": "Go on."}] if origin is NEW else [])
    assert any("never had a result" in notice.message for notice in request.notices)


def test_what_another_provider_generated_is_noticed() -> None:
    made = encoded(after(File.from_bytes(PNG), Text("Look")).add_user("And?"))

    assert made.notices[0].message == "a generated image was not sent back: this wire has no place for it"


# -- options


def test_common_options_have_their_names_here(official: Judge) -> None:
    options = ChatOptions(
        temperature=0.5,
        top_k=40,
        max_tokens=99,
        stop="END",
        tool_choice="add",
        parallel_tool_calls=False,
        reasoning_effort="low",
    )
    body = official(encoded(ChatRequest(Messages.from_user("Hi"), [ADD], options), origin=OLD).body)

    assert {name: body[name] for name in body.keys() - {"model", "messages", "tools"}} == {
        "temperature": 0.5,
        "top_k": 40,
        "max_tokens": 99,
        "stop_sequences": ["END"],
        "tool_choice": {"type": "tool", "name": "add", "disable_parallel_tool_use": True},
        "output_config": {"effort": "low"},
    }


@pytest.mark.parametrize(
    ("choice", "becomes"),
    [("auto", {"type": "auto"}), ("none", {"type": "none"}), ("required", {"type": "any"}), (None, None)],
)
def test_tool_choice(choice: str | None, becomes: Any, official: Judge) -> None:
    request = ChatRequest(Messages.from_user("Hi"), [ADD], ChatOptions(tool_choice=choice))

    assert official(encoded(request, origin=OLD).body).get("tool_choice") == becomes


@pytest.mark.parametrize(
    ("options", "origin", "defaults", "said"),
    [
        (ChatOptions(seed=1), NEW, RequestDefaults(), "Claude has no seed"),
        (ChatOptions(presence_penalty=1), NEW, RequestDefaults(), "Claude has no presence_penalty"),
        (ChatOptions(temperature=0), NEW, RequestDefaults(), "claude-opus-5-5 has no temperature"),
        (
            ChatOptions(top_p=0.9),
            OLD,
            RequestDefaults(version="2026-10-21"),
            r"has no top_p.*with_api_version\('2023-06-01'\)",
        ),
        (
            ChatOptions(temperature=0.5),
            OLD,
            RequestDefaults(thinking=Thinking.enabled(2000)),
            "temperature other than 1",
        ),
        (ChatOptions(top_p=0.5), OLD, RequestDefaults(thinking=Thinking.enabled(2000)), "top_p from 0.95"),
        (
            ChatOptions(max_tokens=2000),
            OLD,
            RequestDefaults(thinking=Thinking.enabled(2000)),
            "more than the thinking budget of 2000",
        ),
        (ChatOptions(stop=["a", " "]), OLD, RequestDefaults(), "white space"),
        (
            ChatOptions(tool_choice="required"),
            NEW,
            RequestDefaults(),
            "cannot be made to call a tool.*with_structured_output",
        ),
        (
            ChatOptions(tool_choice="required"),
            OLD,
            RequestDefaults(thinking=Thinking.enabled(2000)),
            "no tool can be forced",
        ),
        (ChatOptions(tool_choice="nope"), OLD, RequestDefaults(), "there is no such tool"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_is_sent(
    options: ChatOptions, origin: Origin, defaults: RequestDefaults, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        encoded(ChatRequest(Messages.from_user("Hi"), [ADD], options), origin=origin, defaults=defaults)


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("claude-3-haiku-20240307", 4096),
        ("claude-3-5-sonnet-latest", 8192),
        ("claude-sonnet-4-20250514", 16384),
        ("anthropic/claude-haiku-4.5", 16384),
    ],
)
def test_the_default_of_max_tokens_fits_the_model(model: str, most: int) -> None:
    assert body_of(Messages.from_user("Hi"), origin=Origin("claude", "", model))["max_tokens"] == most


@pytest.mark.parametrize(
    ("thinking", "field", "effort"),
    [
        (
            Thinking.adaptive("high", display="summarized"),
            {"type": "adaptive", "display": "summarized"},
            "high",
        ),
        (Thinking.enabled(2048), {"type": "enabled", "budget_tokens": 2048}, None),
        (Thinking.between_tools("low"), {"type": "between_tools"}, "low"),
        (Thinking.off(), {"type": "disabled"}, None),
    ],
)
def test_thinking(thinking: Thinking, field: dict[str, Any], effort: str | None, official: Judge) -> None:
    body = official(encoded(Messages.from_user("Hi"), defaults=RequestDefaults(thinking=thinking)).body)

    assert body["thinking"] == field
    assert body.get("output_config") == (effort and {"effort": effort})


def test_a_thinking_budget_below_the_least_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 1024"):
        Thinking.enabled(1000)


def test_options_of_this_wire_and_the_betas_they_need(official: Judge) -> None:
    options = ClaudeOptions(
        service_tier="auto",
        user_id="u1",
        task_budget={"type": "tokens", "total": 9000},
        context_management={"edits": [{"type": "clear_tool_uses_20250919"}, {"type": "compact_20260112"}]},
    )
    made = encoded(
        Messages.from_user("Hi"),
        defaults=RequestDefaults(options=options, betas=("own-1",), extra={"inference_geo": "us"}),
    )
    body = official(made.body)

    assert body["metadata"] == {"user_id": "u1"}
    assert body["output_config"] == {"task_budget": {"type": "tokens", "total": 9000}}
    assert body["inference_geo"] == "us"
    assert made.betas == (
        "own-1",
        "task-budgets-2026-03-13",
        "context-management-2025-06-27",
        "compact-2026-01-12",
    )


# -- tools of all kinds


def test_native_tools_are_declared_before_the_chats_own(official: Judge) -> None:
    defaults = defaults_of(
        ClaudeBuilder()
        .with_web_search(max_uses=3, allowed_domains=["a.org"], user_location={"city": "Bern"})
        .with_web_fetch(citations=True, max_content_tokens=500)
        .with_code_execution()
        .with_tool_search("regex")
        .with_tool_settings("add", defer_loading=True, allowed_callers=["direct"], input_examples=[{"a": 1}])
    )
    made = encoded(ChatRequest(Messages.from_user("Hi"), [ADD]), defaults=defaults)

    assert official(made.body)["tools"] == [
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "max_uses": 3,
            "allowed_domains": ["a.org"],
            "user_location": {"type": "approximate", "city": "Bern"},
        },
        {
            "type": "web_fetch_20250910",
            "name": "web_fetch",
            "citations": {"enabled": True},
            "max_content_tokens": 500,
        },
        {"type": "code_execution_20250825", "name": "code_execution"},
        {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"},
        {
            "name": "add",
            "description": "Add two numbers.",
            "input_schema": ADD.parameters,
            "defer_loading": True,
            "allowed_callers": ["direct"],
            "input_examples": [{"a": 1}],
        },
    ]


def test_mcp_servers(official: Judge) -> None:
    builder = ClaudeBuilder().with_mcp_server(
        "w", "https://mcp.example", authorization_token="t0ken", allowed_tools=["ask"]
    )
    defaults = defaults_of(builder)
    made = encoded(Messages.from_user("Hi"), defaults=defaults)
    body = official(made.body)

    assert body["mcp_servers"] == [
        {"type": "url", "url": "https://mcp.example", "name": "w", "authorization_token": "t0ken"}
    ]
    assert body["tools"] == [
        {
            "type": "mcp_toolset",
            "mcp_server_name": "w",
            "default_config": {"enabled": False},
            "configs": {"ask": {"enabled": True}},
        }
    ]
    assert made.betas == ("mcp-client-2025-11-20",)
    assert "t0ken" not in f"{defaults!r}{made!r}{builder!r}"


def test_a_native_tool_that_the_application_executes_is_declared_once(official: Judge) -> None:
    defaults = defaults_of(ClaudeBuilder().with_native_tool({"type": "bash_20250124", "name": "bash"}))
    request = ChatRequest(Messages.from_user("Hi"), [ToolDefinition("bash"), ADD])

    tools = official(encoded(request, defaults=defaults).body)["tools"]
    assert [tool["name"] for tool in tools] == ["bash", "add"]
    assert tools[0] == {"type": "bash_20250124", "name": "bash"}


def test_settings_of_a_tool_that_is_not_there_are_refused() -> None:
    defaults = defaults_of(ClaudeBuilder().with_tool_settings("ad", defer_loading=True))
    with pytest.raises(ConfigurationError, match=r"with_tool_settings\('ad'\): the chat has no such tool"):
        encoded(ChatRequest(Messages.from_user("Hi"), [ADD]), defaults=defaults)


def test_a_container_is_used_again_as_long_as_it_is_there() -> None:
    defaults = defaults_of(ClaudeBuilder().with_code_execution())
    kept = {"type": "container", "id": "container_1", "expires_at": "2026-11-22T12:00:00Z"}
    messages = after(Text("Done"), Opaque(Native(NEW, kept))).add_user("Again")

    assert "container" not in sent(messages)[1]["content"]
    made = encoded(messages, defaults=defaults)
    assert made.at(datetime(2026, 11, 22, 11, tzinfo=UTC)).body["container"] == "container_1"
    assert "container" not in made.at(datetime(2026, 11, 22, 13, tzinfo=UTC)).body
    assert "container" not in body_of(messages)


# -- typed answers and strict tools


def test_the_schemas_of_an_output_type_and_of_strict_tools_are_enforced(official: Judge) -> None:
    schema: Any = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1}},
        "required": ["n"],
    }
    strict = ToolDefinition("add", "", schema, strict=True)
    body = official(
        encoded(
            ChatRequest(Messages.from_user("Hi"), [strict], output=OutputSchema("N", schema, "A number."))
        ).body
    )

    held = {
        "type": "object",
        "properties": {"n": {"type": "integer", "description": "{minimum: 1}"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    assert body["tools"] == [{"name": "add", "input_schema": held, "strict": True}]
    assert body["output_config"] == {
        "format": {"type": "json_schema", "schema": held | {"description": "A number."}}
    }


def test_a_tool_without_parameters_says_that_it_takes_an_object(official: Judge) -> None:
    assert official(encoded(ChatRequest(Messages.from_user("Hi"), [ToolDefinition("now")])).body)[
        "tools"
    ] == [{"name": "now", "input_schema": {"type": "object"}}]


# -- caching


def test_breakpoints_where_the_parts_are_marked_and_one_for_all(official: Judge) -> None:
    defaults = defaults_of(ClaudeBuilder().with_prompt_caching().with_tool_settings("add", cached=True))
    messages = Messages.from_system(cached(Text("Long rules."), "1h")).add_user(
        cached(File.from_bytes(PNG)), "Hi"
    )
    body = official(encoded(ChatRequest(messages), defaults=RequestDefaults(cache=defaults.cache)).body)

    assert body["cache_control"] == {"type": "ephemeral"}
    assert body["system"] == [
        {"type": "text", "text": "Long rules.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    ]
    assert body["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}
    tools = encoded(ChatRequest(Messages.from_user("Hi"), [ADD]), defaults=defaults).body["tools"]
    assert tools[0]["cache_control"] == {"type": "ephemeral"}  # type: ignore[index]


def test_a_document_can_be_marked_and_described_at_once() -> None:
    file = cached(document(File.from_bytes(b"a", "text/plain"), title="T"))

    made = sent(Messages.from_user(file))[0]["content"][0]
    assert (made["title"], made["cache_control"]) == ("T", {"type": "ephemeral"})


def test_more_breakpoints_than_there_may_be_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="5 cache breakpoints, 4 at most"):
        encoded(Messages.from_user(*(cached(Text(str(number))) for number in range(5))))
    with pytest.raises(ConfigurationError, match="the longer-lived come first"):
        encoded(Messages.from_user(cached(Text("a")), cached(Text("b"), "1h")))


def test_a_part_of_the_models_turn_cannot_be_marked() -> None:
    with pytest.raises(ConfigurationError, match="mark what you send it"):
        cached(Text("So", native=Native(NEW, {})))


# -- a conversation can always go on


def test_blank_texts_are_left_out_in_every_role_and_place(official: Judge) -> None:
    messages = Messages.from_system(" ").add_user("  ", "Hello", "\n")
    messages.append(Message("model", [Text("\n\n"), Refusal("\t"), call(status=Completed(" "))]))
    messages.add_user("\n").add_system("  ").add_user(Structured("\n"), "And?")

    body = official(encoded(messages).body)
    assert "system" not in body
    assert body["messages"] == [
        {"role": "user", "content": "Hello"},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1"},
                {"type": "text", "text": '"\\n"'},
                {"type": "text", "text": "And?"},
            ],
        },
    ]


def test_a_conversation_that_begins_with_the_models_turn_gets_a_placeholder(official: Judge) -> None:
    messages = Messages([Message("model", [Text("Welcome!")])]).add_user("Hi")

    made = encoded(messages)
    assert [message["role"] for message in official(made.body)["messages"]] == ["user", "assistant", "user"]
    assert "begins with a turn of the model" in made.notices[0].message


def test_two_turns_of_the_model_with_nothing_between_them_are_one() -> None:
    messages = after(Text("So")).add_user(" ").append(Message("model", [Text("it is.")])).add_user("Is it?")

    assert sent(messages)[1] == {
        "role": "assistant",
        "content": [{"type": "text", "text": "So"}, {"type": "text", "text": "it is."}],
    }


def test_a_cut_turn_that_was_gone_on_from_is_sent_as_it_was_then() -> None:
    messages = after(Text("So"), interrupted=True)
    first = sent(messages)
    messages.append(Message("model", [Text("it is.")])).add_user("Is it?")

    assert sent(messages)[: len(first)] == first


def test_thinking_that_nothing_followed_is_left_out_with_a_notice() -> None:
    signed = Native(NEW, {"block": {"type": "thinking", "signature": "c2ln"}, "prefix": ""})
    made = encoded(after(Reasoning("hm", native=signed), interrupted=True).add_user("And?"))

    assert made.body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": "And?"}]}
    ]
    assert "thinking at the end of a turn" in made.notices[0].message


def test_files_of_a_result_that_cannot_be_read_are_described_with_a_notice(official: Judge) -> None:
    files = (File.from_bytes(b"RIFF0000WAVE", name="a.wav"), File.from_bytes(PNG))
    made = encoded(after(call(files=files)))

    result = official(made.body)["messages"][-1]["content"][0]
    assert [item["type"] for item in result["content"]] == ["text", "text", "image"]
    assert "audio 'a.wav'" in result["content"][1]["text"]
    assert "reads no audio" in made.notices[0].message


def test_a_block_of_another_provider_in_the_users_message_is_left_out_with_a_notice() -> None:
    foreign = Opaque(Native(Origin("gemini", "https://g", "gemini-3"), {"executableCode": {}}))
    made = encoded(Messages.from_user("Hello", foreign))

    assert made.body["messages"] == [{"role": "user", "content": "Hello"}]
    assert made.notices == (Notice("messages", "a block that only gemini (gemini-3) can read was not sent"),)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        (
            File("image/png", b"\xff\xd8\xff\xe0", name="photo.png"),
            {"type": "base64", "media_type": "image/jpeg"},
        ),
        (File("image/jpg", b"\xff\xd8\xff\xe0"), {"type": "base64", "media_type": "image/jpeg"}),
        (File("IMAGE/PNG;x=y", PNG), {"type": "base64", "media_type": "image/png"}),
        (File("image/png", b"%PDF-1.7"), {"type": "base64", "media_type": "application/pdf"}),
        (File("text/x-go", b"package a"), {"type": "text", "media_type": "text/plain"}),
        (File("application/yaml", b"a: 1"), {"type": "text", "media_type": "text/plain"}),
        (File("application/octet-stream", b"FROM x"), {"type": "text", "media_type": "text/plain"}),
    ],
)
def test_the_bytes_of_a_file_decide_what_it_is(file: File, source: dict[str, str], official: Judge) -> None:
    [block] = official(encoded(Messages.from_user(file)).body)["messages"][0]["content"]
    assert source.items() <= block["source"].items()


def test_a_file_that_only_another_provider_has_is_left_out_with_a_notice() -> None:
    file = File(id="file-1", native=Native(Origin("openai", "https://o", "gpt"), {}))
    made = encoded(Messages.from_user(file, "What is it?"))

    assert made.body["messages"] == [{"role": "user", "content": "What is it?"}]
    assert "only openai (gpt)" in made.notices[0].message


def test_names_that_a_model_has_made_up_are_sent_as_the_wire_takes_them(official: Judge) -> None:
    name = "get_weather<|channel|>commentary"
    messages = after(ToolCall("toolu_1", name, {}, Failed("no such tool")))

    used = official(encoded(messages).body)["messages"][1]["content"][0]
    assert used["name"].startswith("get_weather")
    assert used["name"] == sent(messages)[1]["content"][0]["name"]
    assert messages[1].tool_calls[0].name == name


def test_a_tool_with_a_name_that_the_wire_refuses_is_declared_chosen_and_called_by_one_name(
    official: Judge,
) -> None:
    request = ChatRequest(
        after(ToolCall("toolu_1", "files.read", {}, Completed("x"))),
        [ToolDefinition("files.read")],
        ChatOptions(tool_choice="files.read"),
    )
    body = official(encoded(request, origin=OLD).body)

    names = {body["tools"][0]["name"], body["tool_choice"]["name"], body["messages"][1]["content"][0]["name"]}
    assert len(names) == 1


@pytest.mark.parametrize(
    ("builder", "name"),
    [
        (ClaudeBuilder().with_web_search(), "web_search"),
        (ClaudeBuilder().with_code_execution(), "code_execution"),
        (ClaudeBuilder().with_tool_search("regex"), "tool_search_tool_regex"),
    ],
)
def test_a_tool_that_has_the_name_of_one_that_anthropic_runs_is_refused(
    builder: ClaudeBuilder[Any], name: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"has a tool '{name}', and so has Anthropic.*rename yours"):
        encoded(ChatRequest(Messages.from_user("Hi"), [ToolDefinition(name)]), defaults=defaults_of(builder))


def test_two_tools_of_one_name_are_refused() -> None:
    builder = ClaudeBuilder().with_web_search().with_web_search(max_uses=2)
    with pytest.raises(ConfigurationError, match="two tools of this request are called 'web_search'"):
        encoded(Messages.from_user("Hi"), defaults=defaults_of(builder))


def test_automatic_caching_counts_among_the_breakpoints() -> None:
    marked = Messages.from_user(*(cached(Text(str(number))) for number in range(4)), "Hi")
    defaults = defaults_of(ClaudeBuilder().with_prompt_caching())

    encoded(marked)
    with pytest.raises(
        ConfigurationError, match=r"5 cache breakpoints, one of them from with_prompt_caching"
    ):
        encoded(marked, defaults=defaults)
    with pytest.raises(ConfigurationError, match="another ttl"):
        encoded(Messages.from_user(cached(Text("Hi"), "1h")), defaults=defaults)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"type": 5},
        {"block": []},
        {"block": {"type": "thinking"}},
        {"block": {"type": "redacted_thinking", "data": 7}},
        {"type": "server_tool_use"},
        {"type": "web_search_tool_result", "tool_use_id": 7},
        {"type": "tool_use", "id": "x"},
        {"type": "container", "id": 7, "expires_at": "soon"},
        {"caller": 7, "toolset_name": [], "citations": "no", "cache_control": {"type": "ephemeral"}},
    ],
)
def test_stored_native_data_that_do_not_fit_are_left_out(data: dict[str, Any], official: Judge) -> None:
    native = Native(NEW, data)
    defaults = defaults_of(ClaudeBuilder().with_code_execution())
    messages = after(
        Reasoning("hm", native=native),
        Opaque(native),
        Text("So"),
        call(native=native),
        Text("it", native=native),
    )
    restored = Messages.from_json(messages.to_json()).add_user("And?")

    blocks = encoded(restored, defaults=defaults).body["messages"][1]["content"]  # type: ignore[index]
    assert [block["type"] for block in blocks] == ["text", "tool_use", "text"]
    own = Opaque(Native(Origin("claude", "", ""), data))
    assert encoded(Messages.from_user("Hi", own)).body["messages"]


def test_a_result_of_a_server_tool_without_its_call_is_left_out() -> None:
    found = Opaque(
        Native(NEW, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []})
    )
    made = encoded(after(found, Text("So")).add_user("And?"))

    assert made.body["messages"][1]["content"] == [{"type": "text", "text": "So"}]  # type: ignore[index]
    assert "no counterpart" in made.notices[0].message
