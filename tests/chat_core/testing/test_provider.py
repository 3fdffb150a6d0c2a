"""The scripted provider: each turn takes the next line."""

from __future__ import annotations

import pytest
from chat_core import (
    ChatRequest,
    ChatResponse,
    ConnectionFailed,
    File,
    Message,
    Messages,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from chat_core.testing import ScriptedProvider, broken_laws

pytestmark = pytest.mark.anyio

REQUEST = ChatRequest(Messages.from_user("go"))


async def test_a_line_is_text_a_part_several_a_response_or_an_error() -> None:
    whole = ChatResponse(Message("model", [Text("whole")]))
    provider = ScriptedProvider(
        ["text", ToolCall("a", "t"), ["so", ToolCall("b", "t")], whole, ConnectionFailed("reset")]
    )

    assert (await provider.complete(REQUEST)).message.parts == [Text("text")]
    asked = await provider.complete(REQUEST)
    assert (asked.message.parts, asked.finish_reason) == ([ToolCall("a", "t")], "tool_calls")
    assert [type(part) for part in (await provider.complete(REQUEST)).message.parts] == [Text, ToolCall]
    assert await provider.complete(REQUEST) is whole
    with pytest.raises(ConnectionFailed):
        await provider.complete(REQUEST)
    assert provider.requests == [REQUEST] * 5
    with pytest.raises(AssertionError, match="the script has no line for turn 6"):
        await provider.complete(REQUEST)


async def test_what_it_streams_is_lawful() -> None:
    parts = [
        Reasoning("hm"),
        "a longer text than eight",
        File.from_bytes(b"GIF89a"),
        Refusal("no"),
        ToolCall("a", "t"),
    ]
    provider = ScriptedProvider([parts])

    events = [event async for event in provider.stream(REQUEST)]

    assert broken_laws(events) == []
    assert (provider.model, await provider.aclose()) == ("scripted", None)


async def test_a_script_can_be_played_twice() -> None:
    call = ToolCall("a", "t")

    first = await ScriptedProvider([call]).complete(REQUEST)
    first.tool_calls[0].reject("no")

    assert (await ScriptedProvider([call]).complete(REQUEST)).tool_calls[0].status.type == "pending"
