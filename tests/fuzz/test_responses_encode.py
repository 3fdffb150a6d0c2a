"""Whatever entered a conversation can be sent on the Responses wire, in every dialect; what the user put in
may be refused.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from budget import budget, show
from chat_core import (
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    OutputSchema,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    Turn,
)
from chat_core.wire import dump
from chat_responses import action_output, requested_actions
from chat_responses.dialect import Dialect
from chat_responses.encode import encode
from chat_responses.memory import Chained, Conversation, Memory, Stateless
from chat_responses.servers import ANY, DIALECTS
from chat_responses.settings import RequestDefaults
from histories import calls, files, histories, json_values, names, objects, parts_of_a_model, texts
from hypothesis import given
from hypothesis import strategies as st
from rules_responses import broken_rules

ORIGIN = Origin("openai", "https://api.openai.com/v1", "gpt-5.6")  # one of those that histories are made of

SAID = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "phase": "commentary"}
OWN: list[dict[str, Any]] = [
    {**SAID, "content": [{"type": "output_text", "logprobs": []}]},
    {**SAID, "content": [{"type": "refusal"}]},
    {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
    {"type": "reasoning", "id": "rs_2", "summary": [{"type": "summary_text", "text": "Hm."}]},
    {"type": "reasoning", "id": "rs_3", "content": [{"type": "reasoning_text", "text": "Hm."}]},
    {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add", "status": "completed"},
    {"type": "function_call", "id": "fc_2", "call_id": "a.b", "name": "get<|channel|>x"},
    {"type": "custom_tool_call", "id": "ct_1", "call_id": "call_1", "name": "sql"},
    {"type": "image_generation_call", "id": "ig_1", "status": "completed"},
    {"type": "image_generation_call", "id": "ig_1", "status": "failed", "result": None},
    {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": None}},
    {"type": "mcp_approval_request", "id": "mcpr_1", "name": "f", "arguments": "{}", "server_label": "s"},
    {"type": "local_shell_call", "id": "ls_1", "call_id": "c1", "action": {}, "status": "completed"},
    {"type": "time_travel_call", "id": "tt_1"},
]
WORDS = st.sampled_from([word for item in OWN for word in ("type", "id", "content", "summary", *item)])
own_data = st.one_of(
    st.sampled_from(OWN),
    st.builds(lambda item, key, value: {**item, key: value}, st.sampled_from(OWN), WORDS, json_values),
    st.builds(lambda item, key: {k: v for k, v in item.items() if k != key}, st.sampled_from(OWN), WORDS),
    objects,
)
own = st.none() | st.builds(Native, st.just(ORIGIN), own_data)
model_parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, texts, native=own),
    st.builds(Reasoning, texts, native=own),
    st.builds(Refusal, texts, native=own),
    st.builds(Structured, json_values, native=own),
    st.builds(Opaque, st.builds(Native, st.just(ORIGIN), own_data)),
    st.builds(
        lambda call, native: ToolCall(call.id, call.name, call.arguments, call.status, native=native),
        calls(),
        own,
    ),
    parts_of_a_model,
    files,
)
turns = st.builds(
    Turn,
    st.sampled_from(["stop", "length", "tool_calls", "other"]),
    id=st.sampled_from([None, "resp_1", "resp_2"]),
    conversation=st.sampled_from([None, "conv_1", "conv_2"]),
)
model_messages = st.builds(
    Message,
    st.just("model"),
    st.lists(model_parts, max_size=4),
    turn=st.none() | turns,
    interrupted=st.booleans(),
)
safe_users = st.builds(
    lambda text: Message("user", [Text(text)]), st.sampled_from(["Hi", "", " ", "ü\u2028", "{}"])
)
memories = st.sampled_from([Stateless(), Chained(), Chained(store=False), Conversation("conv_1")])
dialects = st.sampled_from([ANY, *DIALECTS])


def defaults_of(memory: Memory, dialect: Dialect, **more: Any) -> RequestDefaults:
    """Return what a builder lets through: a server that stores nothing remembers nothing."""
    return RequestDefaults(memory=memory if dialect.stores else Stateless(), dialect=dialect, **more)


def conversation(parts: list[Message]) -> Messages:
    """Make ids unique, and give each requested action its answer, as the engine and the user have to."""
    messages, taken = Messages(), set[str]()
    for message in parts:
        for call in message.tool_calls:
            while call.id in taken:
                call.id += "'"
            taken.add(call.id)
        messages.append(message)
        if message.role == "model":
            for action in requested_actions(message):
                messages.add_user(action_output(action, {"output": "x"}))
    return messages.add_user("And?")


def check(messages: Messages, defaults: RequestDefaults, **more: Any) -> None:
    show(messages, defaults, more)
    before = messages.to_json()
    encoded = encode(ChatRequest(messages, **more), origin=ORIGIN, defaults=defaults, stream=False)
    body = json.loads(dump(encoded.body))
    dialect = defaults.dialect
    refused, stores = dialect.refused, dialect.stores or defaults.memory != Stateless()
    assert broken_rules(body, refused=refused, stores=stores, calls_last=dialect.calls_last) == []
    assert messages.to_json() == before
    again = encode(
        ChatRequest(Messages.from_json(before), **more), origin=ORIGIN, defaults=defaults, stream=False
    )
    assert json.loads(dump(again.body)) == body


@budget(300)
@given(st.lists(safe_users | model_messages, max_size=6), memories, dialects, st.booleans())
def test_what_a_model_and_tools_put_in_is_always_sent(
    parts: list[Message], memory: Memory, dialect: Dialect, full: bool
) -> None:
    check(conversation(parts), defaults_of(memory, dialect, full_history=full))


@budget(200)
@given(histories(open_calls=False), memories, dialects)
def test_every_history_is_sent_or_the_users_part_is_refused(
    messages: Messages, memory: Memory, dialect: Dialect
) -> None:
    try:
        check(messages, defaults_of(memory, dialect))
    except ConfigurationError:
        others = [message for message in messages if message.role == "model"]
        check(conversation(others), defaults_of(memory, dialect))


@budget(100)
@given(st.lists(names, max_size=4, unique=True), st.data())
def test_tools_of_any_name_are_declared_and_chosen_by_it(given_names: list[str], data: st.DataObject) -> None:
    tools = [ToolDefinition(name, "", {"type": "object"}) for name in given_names]
    choice = data.draw(st.sampled_from([None, "auto", "none", *given_names]))
    output = data.draw(st.sampled_from([None, OutputSchema("out", {"type": "object", "properties": {}})]))
    options = ChatOptions(tool_choice=choice)
    check(Messages.from_user("Hi"), RequestDefaults(), tools=tools, options=options, output=output)


def test_a_user_s_file_that_no_wire_takes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="audio"):
        check(Messages.from_user(File("audio/wav", b"RIFF")), RequestDefaults())
