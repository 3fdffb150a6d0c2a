"""Tools that a conversation gains and loses on its way: what is sent, which betas, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from chat_claude import ClaudeBuilder, block, tool_addition, tool_removal
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    Completed,
    ConfigurationError,
    Messages,
    Opaque,
    ToolDefinition,
    tool,
)
from chat_core.testing import FakeTransport

pytestmark = pytest.mark.anyio

Judge = Callable[[Mapping[str, object] | bytes], dict[str, Any]]

CHANGES = "mid-conversation-tool-changes-2026-07-01"
BY_VALUE = "inline-tools-2026-09-15"
CLOCK = ToolDefinition("clock", "What time it is.", {"type": "object", "properties": {}})


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def builder(transport: FakeTransport, model: str = "claude-opus-5-5") -> ClaudeBuilder[Any]:
    return ClaudeBuilder().with_model(model).with_api_key("k").with_transport(transport)


def answered(*content: dict[str, Any], id: str = "msg_1", stop: str = "end_turn") -> dict[str, Any]:
    blocks = content or ({"type": "text", "text": "Yes."},)
    return {"id": id, "role": "assistant", "content": list(blocks), "stop_reason": stop}


async def test_a_tool_that_a_message_defines_is_run_and_never_declared(official: Judge) -> None:
    used = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 19, "b": 23}}
    transport = FakeTransport().answer(answered(used, stop="tool_use")).answer(answered(id="msg_2"))
    chat = ChatBuilder().with_model(builder(transport).build()).with_tools([add]).build()
    messages = Messages.from_user("Add 19 and 23.").add_system(tool_addition(add))

    await chat.complete(messages)

    first, second = map(official, transport.bodies)
    [change] = first["messages"][-1]["content"]
    assert first["messages"][-1]["role"] == "system"
    assert (change["type"], change["tool"]["type"]) == ("tool_addition", "tool_definition")
    assert change["tool"]["definition"]["name"] == "add"
    assert change["tool"]["definition"]["input_schema"]["required"] == ["a", "b"]
    assert "tools" not in first
    assert "tools" not in second
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert isinstance(messages.calls[0].status, Completed)
    assert {request.headers["anthropic-beta"] for request in transport.requests} == {f"{CHANGES},{BY_VALUE}"}


async def test_the_tools_that_were_declared_before_stay_as_they_were_and_a_restored_conversation_too() -> (
    None
):
    transport = FakeTransport()
    client = builder(transport).build()
    messages = Messages.from_user("Hello?")
    for _ in range(2):
        transport.answer(answered())
    response = await client.complete(ChatRequest(messages, (CLOCK,)))
    messages.append(response.message).add_user("Add.").add_system(tool_addition(add))

    restored = Messages.from_json(messages.to_json())
    await client.complete(ChatRequest(restored, (CLOCK, add.definition)))

    assert transport.bodies[0]["tools"] == transport.bodies[1]["tools"]
    assert "tool_definition" in json.dumps(transport.last_body["messages"])


async def test_a_thread_goes_on_with_a_tool_that_is_added_where_its_betas_are_named_from_the_beginning() -> (
    None
):
    transport = FakeTransport().answer(answered()).answer(answered(id="msg_2"))
    client = builder(transport).with_thread().with_beta(CHANGES, BY_VALUE).build()
    messages = Messages.from_user("Hello?")
    response = await client.complete(ChatRequest(messages))
    messages.append(response.message).add_user("Add.").add_system(tool_addition(add))

    await client.complete(ChatRequest(messages, (add.definition,)))

    assert transport.last_body["thread"] == {"type": "continue", "previous_message_id": "msg_1"}
    assert [message["role"] for message in transport.last_body["messages"]] == ["user", "system"]  # type: ignore[union-attr,call-overload,index]


@pytest.mark.parametrize(
    ("change", "sent", "betas"),
    [
        (
            tool_addition("clock"),
            {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "clock"}},
            CHANGES,
        ),
        (
            tool_removal(CLOCK),
            {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "clock"}},
            CHANGES,
        ),
        (
            tool_removal("clock"),
            {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "clock"}},
            CHANGES,
        ),
        (
            tool_addition({"type": "web_search_20250305", "name": "web_search"}),
            {
                "type": "tool_addition",
                "tool": {
                    "type": "tool_definition",
                    "definition": {"type": "web_search_20250305", "name": "web_search"},
                },
            },
            f"{CHANGES},{BY_VALUE}",
        ),
        (
            tool_addition({"type": "mcp_toolset", "mcp_server_name": "wiki"}),
            {
                "type": "tool_addition",
                "tool": {
                    "type": "tool_definition",
                    "definition": {"type": "mcp_toolset", "mcp_server_name": "wiki"},
                },
            },
            f"{CHANGES},{BY_VALUE},mcp-client-2026-09-15",
        ),
    ],
)
async def test_each_change_brings_the_betas_that_it_needs(
    change: Opaque, sent: dict[str, Any], betas: str, official: Judge
) -> None:
    transport = FakeTransport().answer(answered())
    request = ChatRequest(Messages.from_user("Hello?").add_system(change), (CLOCK,))

    await builder(transport).build().complete(request)

    body = official(transport.last_body)
    assert body["messages"][-1] == {"role": "system", "content": [sent]}
    assert [one["name"] for one in body["tools"]] == ["clock"]
    assert transport.requests[0].headers["anthropic-beta"] == betas


async def test_a_tool_that_a_message_defines_can_be_the_one_that_is_called() -> None:
    transport = FakeTransport().answer(answered())
    messages = Messages.from_user("Add.").add_system(tool_addition(add))
    request = ChatRequest(messages, (add.definition,), ChatOptions(tool_choice="add"))

    await builder(transport, "claude-haiku-5-5").build().complete(request)

    assert transport.last_body["tool_choice"] == {"type": "tool", "name": "add"}


def _as_user() -> Messages:
    return Messages.from_user("Hello?", tool_addition(add))


def _at_the_beginning() -> Messages:
    return Messages.from_system("Be brief.", tool_addition(add)).add_user("Hello?")


def _amid() -> Messages:
    return Messages.from_user("Hello?").add_system(tool_addition(add))


@pytest.mark.parametrize(
    ("messages", "model", "says"),
    [
        (_as_user, "claude-opus-5-5", "stands in a system message: messages.add_system"),
        (_at_the_beginning, "claude-opus-5-5", "comes after a user's message"),
        (_amid, "claude-sonnet-4-5", "takes no tool_addition amid a conversation"),
    ],
)
async def test_a_change_where_the_wire_has_no_place_for_it_is_refused(
    messages: Callable[[], Messages], model: str, says: str
) -> None:
    transport = FakeTransport()
    with pytest.raises(ConfigurationError, match=says):
        await builder(transport, model).build().complete(ChatRequest(messages()))
    assert transport.requests == []


async def test_settings_of_a_tool_that_a_message_defines_stand_with_its_definition() -> None:
    client = builder(FakeTransport()).with_tool_settings("add", cached=True).build()
    with pytest.raises(ConfigurationError, match="a message defines this tool"):
        await client.complete(ChatRequest(_amid(), (add.definition,)))


def test_what_is_no_entry_of_tools_is_no_addition() -> None:
    with pytest.raises(ConfigurationError, match="with a name or a type"):
        tool_addition({"description": "?"})


async def test_a_block_of_the_wire_brings_the_betas_too() -> None:
    transport = FakeTransport().answer(answered())
    removal = block({"type": "tool_removal", "tool": {"type": "tool_reference", "name": "clock"}})
    await builder(transport).build().complete(ChatRequest(Messages.from_user("Hi").add_system(removal)))
    assert transport.requests[0].headers["anthropic-beta"] == CHANGES
