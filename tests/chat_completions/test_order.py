"""Orders of messages that a server refuses never go over the wire, whatever the history holds."""

from __future__ import annotations

from typing import Any

import pytest
from chat_completions import Dialect
from chat_completions.encode import encode
from chat_completions.settings import RequestDefaults
from chat_core import (
    ChatRequest,
    Completed,
    ConfigurationError,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
)

ADD = ToolDefinition("add", "Add.", {"type": "object", "properties": {}})
ELSEWHERE = Origin("claude", "https://api.anthropic.com", "claude-x")


def sent(
    dialect: Dialect, messages: Messages, *tools: ToolDefinition
) -> tuple[list[dict[str, Any]], list[str]]:
    origin = Origin(dialect.name, "https://x.example", "m")
    encoded = encode(ChatRequest(messages, tools), origin=origin, defaults=RequestDefaults(dialect=dialect))
    body: Any = encoded.body
    return body["messages"], [notice.message for notice in encoded.notices]


def model(*parts: Any, **more: Any) -> Message:
    return Message("model", list(parts), **more)


def add_call(id: str = "t1") -> ToolCall:
    return ToolCall(id, "add", {}, Completed(3))


def test_mistral_gets_an_assistants_message_between_a_tools_and_a_users() -> None:
    history = Messages.from_user("?").append(model(add_call())).add_user("Go on.")
    messages, notices = sent(Dialect.mistral(), history)

    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "assistant", "user"]
    assert "mistral takes no user's message right after a tool's" in notices[0]
    assert [m["role"] for m in sent(Dialect.openai(), history)[0]] == ["user", "assistant", "tool", "user"]


@pytest.mark.parametrize(
    ("dialect", "last"),
    [
        (Dialect.mistral(), {"role": "assistant", "content": "Hel", "prefix": True}),
        (Dialect.deepseek(), {"role": "user", "content": "Continue."}),
        (Dialect.openai(), {"role": "assistant", "content": "Hel"}),
    ],
)
def test_a_conversation_may_end_with_a_turn_that_was_cut(dialect: Dialect, last: dict[str, Any]) -> None:
    messages, _ = sent(dialect, Messages.from_user("?").append(model(Text("Hel \n"), interrupted=True)))

    assert messages[-1] == last


@pytest.mark.parametrize(
    "parts", [(), (Text(""),), (Text(" \n"),), (Reasoning("hm"),), (Text(""), Text("\n\n"))]
)
@pytest.mark.parametrize("dialect", [Dialect(), Dialect.mistral(), Dialect.deepseek(), Dialect.openai()])
def test_a_turn_with_nothing_in_it_is_left_out(dialect: Dialect, parts: tuple[Any, ...]) -> None:
    messages, notices = sent(dialect, Messages.from_user("?").append(model(*parts)).add_user("And?"))

    assert [message["role"] for message in messages] == ["user", "user"]
    assert notices == ["a turn of the model without content was not sent"]


def test_a_blank_text_before_calls_is_no_content() -> None:
    history = Messages.from_user("?").append(model(Text("\n\n"), add_call()))

    assert sent(Dialect.openai(), history)[0][1]["content"] is None
    assert sent(Dialect.mistral(), history)[0][1]["content"] == ""
    assert sent(Dialect.deepseek(), history)[0][1]["content"] == ""


def test_a_server_with_one_system_message_gets_all_instructions_in_it() -> None:
    history = Messages.from_system("Be brief.").add_user("?").append(model(Text("!"))).add_system("Be dry.")
    messages, notices = sent(Dialect.mistral(), history.add_user("And?"))

    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[0]["content"] == "Be brief.\n\nBe dry."
    assert "takes instructions only at the beginning" in notices[0]


def test_neighbours_of_one_role_are_joined_where_a_server_wants_them_to_alternate() -> None:
    history = Messages.from_user("a").add_user("b").append(model(Text("c"), interrupted=True))
    messages, _ = sent(Dialect.ai21(), history.append(model(Text("d"))).add_user("e"))

    assert messages == [
        {"role": "user", "content": "a\n\nb"},
        {"role": "assistant", "content": "c\n\nd"},
        {"role": "user", "content": "e"},
    ]


def test_deepseek_gets_reasoning_with_every_turn_of_a_tool_loop_even_where_there_is_none() -> None:
    own = Native(Origin("deepseek", "https://x.example", "m"), {"field": "reasoning_content"})
    history = (
        Messages.from_user("?")
        .append(model(Reasoning("old", native=own), Text("!")))
        .add_user("And?")
        .append(model(Text("Let me see."), interrupted=True))
        .append(model(Reasoning("new", native=own), add_call()))
        .append(model(Reasoning("late", native=own), Text("3"), interrupted=True))
    )
    messages, _ = sent(Dialect.deepseek(), history, ADD)
    fields = [m.get("reasoning_content") for m in messages if m["role"] == "assistant"]

    assert fields == [None, "", "new", "late"]


def test_a_users_message_with_another_providers_block_goes_without_it() -> None:
    block = Opaque(Native(ELSEWHERE, {"type": "search_result"}))
    messages, notices = sent(Dialect(), Messages.from_user("Look:", block))
    assert messages == [{"role": "user", "content": "Look:"}]
    assert "only claude (claude-x) can read" in notices[0]
    alone, _ = sent(Dialect(), Messages.from_user(block).add_user("Hello"))
    assert alone == [{"role": "user", "content": "Hello"}]


def test_blank_texts_among_others_are_left_out_and_a_blank_message_is_sent_as_it_is() -> None:
    assert sent(Dialect(), Messages.from_user("a", " ", ""))[0] == [{"role": "user", "content": "a"}]
    assert sent(Dialect(), Messages.from_user(" "))[0] == [{"role": "user", "content": " "}]
    assert sent(Dialect(), Messages.from_system(" ").add_user("a"))[0] == [{"role": "user", "content": "a"}]


def test_nothing_to_send_is_refused_with_the_next_step() -> None:
    with pytest.raises(ConfigurationError, match=r"messages\.add_user"):
        sent(Dialect(), Messages())


@pytest.mark.parametrize("name", ["get_weather<|channel|>commentary", "", "naïve tool", "x" * 70])
@pytest.mark.parametrize("id", ["call äöü", "x" * 200, "functions.add:0", "a b"])
@pytest.mark.parametrize("dialect", [Dialect(), Dialect.openai(), Dialect.mistral()])
def test_names_and_ids_fit_the_wire_and_the_part_keeps_its_own(dialect: Dialect, id: str, name: str) -> None:
    call = ToolCall(id, name, {}, Completed(1))
    messages, _ = sent(dialect, Messages.from_user("?").append(model(call)))
    [back] = messages[1]["tool_calls"]
    again, _ = sent(dialect, Messages.from_user("?").append(model(call)))

    assert messages == again
    assert back["id"] == messages[2]["tool_call_id"]
    for text, longest in ((back["id"], 64), (back["function"]["name"], 64)):
        assert 0 < len(text) <= longest
        assert text.replace("_", "a").replace("-", "a").isalnum()
        assert text.isascii()
    if dialect == Dialect.mistral():
        assert len(back["id"]) == 9
    assert (call.id, call.name) == (id, name)


def test_an_odd_id_goes_back_as_it_came_to_the_server_that_gave_it() -> None:
    here = Origin("chat-completions", "https://x.example", "m")
    call = ToolCall(
        "functions.add:0", "add", {}, Completed(1), native=Native(here, {"id": "functions.add:0"})
    )
    messages, _ = sent(Dialect(), Messages.from_user("?").append(model(call)))

    assert messages[2]["tool_call_id"] == messages[1]["tool_calls"][0]["id"] == "functions.add:0"


def test_fields_of_the_servers_own_go_back_with_the_call_and_with_reasoning_and_nowhere_else() -> None:
    here = Origin("chat-completions", "https://x.example", "m")
    signed = {"provider_specific_fields": {"thought_signature": "s"}, "function": {"extra": 1}}
    call = ToolCall("t1", "add", {}, Completed(1), native=Native(here, {**signed, "message": {"sig": "m"}}))
    thought = Reasoning(
        "hm", native=Native(here, {"field": "reasoning_content", "message": {"reasoning_signature": "r"}})
    )
    [_, back, _], _ = sent(Dialect(), Messages.from_user("?").append(model(thought, call)))
    assert back == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "t1",
                "type": "function",
                "function": {"extra": 1, "name": "add", "arguments": "{}"},
                "provider_specific_fields": {"thought_signature": "s"},
            }
        ],
        "reasoning_content": "hm",
        "reasoning_signature": "r",
        "sig": "m",
    }
    [_, other, _], _ = sent(Dialect.openai(), Messages.from_user("?").append(model(thought, call)))
    assert other.keys() == {"role", "content", "tool_calls"}
    assert other["tool_calls"][0].keys() == {"id", "type", "function"}


HOSTILE: list[Any] = [
    Opaque(Native(Origin("chat-completions", "https://x.example", "m"), {})),
    Opaque(Native(Origin("chat-completions", "https://x.example", "m"), {"type": 5})),
    *(
        Reasoning("hm", native=Native(Origin("chat-completions", "https://x.example", "m"), data))
        for data in (
            {"content": 5},
            {"content": {"type": None}},
            {"reasoning_details": [5, None]},
            {"reasoning_details": {}},
            {"thinking_blocks": "x"},
            {"field": 5},
            {"message": 5},
            {"message": {"role": "system", "content": 5}},
        )
    ),
    *(
        ToolCall(
            "t1",
            "add",
            {},
            Completed(1),
            native=Native(Origin("chat-completions", "https://x.example", "m"), data),
        )
        for data in (
            {"type": "custom"},
            {"id": 5},
            {"function": 5},
            {"function": {"arguments": 5}},
            {"message": []},
        )
    ),
]


@pytest.mark.parametrize("part", HOSTILE)
def test_native_data_of_any_shape_leave_the_conversation_able_to_go_on(part: Any) -> None:
    messages, _ = sent(Dialect(), Messages.from_user("?").append(model(part, Text("x"))).add_user("And?"))

    assert messages[1]["role"] == "assistant"
    assert messages[-1] == {"role": "user", "content": "And?"}
    for back in messages[1].get("tool_calls", []):
        assert isinstance(back["id"], str)


def test_two_calls_of_a_turn_never_go_back_under_one_id() -> None:
    native = Native(Origin(Dialect().name, "https://x.example", "m"), {"id": "functions.add:0"})
    calls = [ToolCall(id, "add", {}, Completed(3), native=native) for id in ("t1", "t2")]

    messages, _ = sent(Dialect(), Messages.from_user("?").append(model(*calls)))

    ids = [call["id"] for call in messages[1]["tool_calls"]]
    assert ids == ["functions.add:0", "t2"]
    assert [message["tool_call_id"] for message in messages[2:]] == ids
