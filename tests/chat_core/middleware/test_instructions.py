"""Instructions for conversations that have none: they are sent, and not stored."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, ConfigurationError, Messages, ToolCall, tool
from chat_core.middleware import DefaultInstructions
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio


@tool
def add(a: int) -> int:
    return a + 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_they_go_first_with_each_turn_and_the_conversation_stays_as_it_is(streamed: bool) -> None:
    provider = ScriptedProvider([[ToolCall("t1", "add", {"a": 1})], "2"])
    builder = ChatBuilder().with_model(provider).with_tools([add])
    chat = builder.with_middleware(DefaultInstructions("Be brief.")).build()
    messages = Messages.from_user("Add")
    if streamed:
        async with chat.stream(messages) as events:
            async for _ in events:
                pass
    else:
        await chat.complete(messages)

    assert [[message.role for message in request.messages] for request in provider.requests] == [
        ["system", "user"],
        ["system", "user", "model"],
    ]
    assert provider.requests[0].messages[0].text == "Be brief."
    assert [message.role for message in messages] == ["user", "model", "model"]


async def test_a_conversation_with_instructions_keeps_its_own() -> None:
    provider = ScriptedProvider(["Hi"])
    chat = ChatBuilder().with_model(provider).with_middleware(DefaultInstructions("Be brief.")).build()
    await chat.complete(Messages.from_system("Be long.").add_user("Hello"))

    assert [message.text for message in provider.requests[0].messages] == ["Be long.", "Hello"]


@pytest.mark.parametrize("wrong", ["", "  ", None, 3])
def test_what_is_no_text_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="DefaultInstructions takes a text"):
        DefaultInstructions(wrong)
