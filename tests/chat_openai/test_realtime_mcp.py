"""Tools of MCP servers that the realtime server runs itself, with approvals; and frames of its own accord."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, ConfigurationError, Messages, Native, Opaque, Origin, ProviderError
from chat_core.realtime import Reconnected
from chat_openai import approval, approval_requests
from realtime_server import client, done, message, ready, turn, types, until_done

pytestmark = pytest.mark.anyio
REQUEST = {
    "type": "mcp_approval_request",
    "id": "mcpr_1",
    "server_label": "docs",
    "name": "search",
    "arguments": '{"query": "x"}',
}
CALL = {"type": "mcp_call", "id": "mcp_1", "server_label": "docs", "name": "search", "output": "found"}
MCP = {
    "type": "mcp",
    "server_label": "docs",
    "server_url": "https://mcp.example",
    "require_approval": "always",
}


def session(socket: Any, *more: Any, messages: Messages | None = None) -> Any:
    built = client(socket, *more, change=lambda builder: builder.with_native_tools([MCP]))
    return ChatBuilder().with_model(built).build().session(messages)


@pytest.mark.parametrize("approve", [True, False])
async def test_an_approval_that_the_server_asks_for_is_sent_and_stored(approve: bool) -> None:
    socket = ready(*turn("x", "r0")[:1], done("r0", REQUEST))
    async with session(socket) as opened:
        await opened.send("Search")
        events = await until_done(opened)
        [request] = approval_requests(events[-1].response.message)  # type: ignore[attr-defined]
        assert request.native.data["arguments"] == '{"query": "x"}'
        await opened.send(approval(request, approve, "as you like"))
        socket.push(*turn("Found.", "r1")[:1], done("r1", CALL, message("Found.", "r1")))
        await until_done(opened)
    assert socket.sent[0]["session"]["tools"] == [MCP]  # type: ignore[index,call-overload]
    answer: Any = socket.sent[-1]["item"]
    assert (answer["type"], answer["approval_request_id"]) == ("mcp_approval_response", "mcpr_1")
    assert (answer["approve"], answer["reason"]) == (approve, "as you like")
    assert 0 < len(answer["id"]) <= 32
    assert types(socket) == ["message", "response.create", "mcp_approval_response"]
    assert [m.role for m in opened.messages] == ["user", "model", "user", "model"]
    assert opened.messages[-1].text == "Found."
    assert Messages.from_json(opened.messages.to_json()) == opened.messages


async def test_a_call_that_the_server_ran_after_an_approval_is_in_the_turn_that_follows() -> None:
    ran = {"type": "conversation.item.done", "item": CALL}
    socket = ready(
        ran, *turn("Found.", "r1"), ran, *turn("x", "r2")[:1], done("r2", CALL, message("Again.", "r2"))
    )
    async with session(socket) as opened:
        await opened.respond()
        await until_done(opened, 2)
    for turned, text in zip(opened.messages, ("Found.", "Again."), strict=True):
        [part] = [part for part in turned.parts if isinstance(part, Opaque)]
        assert (part.native.data["output"], turned.text) == ("found", text)


async def test_a_conversation_with_approvals_can_go_on_in_another_session() -> None:
    socket = ready(*turn("x", "r0")[:1], done("r0", REQUEST))
    messages = Messages()
    async with session(socket, messages=messages) as opened:
        await opened.send("Search")
        events = await until_done(opened)
        await opened.send(approval(approval_requests(events[-1].response.message)[0]))  # type: ignore[attr-defined]
    later = ready()
    async with session(later, messages=messages):
        pass
    assert types(later) == ["message"]


async def test_an_item_of_another_server_is_refused() -> None:
    native = Native(Origin("Elsewhere", "https://other.example", "m"), {"type": "mcp_approval_response"})
    async with session(ready()) as opened:
        with pytest.raises(ConfigurationError, match="back only to where it came from"):
            await opened.send(Opaque(native))


async def test_tools_that_could_not_be_listed_are_an_error_and_the_session_goes_on() -> None:
    socket = ready({"type": "mcp_list_tools.failed", "item_id": "i"}, *turn("Hi"))
    async with session(socket) as opened:
        with pytest.raises(ProviderError, match="could not be listed"):
            await anext(opened)
        await until_done(opened)
    assert opened.messages[-1].text == "Hi"


async def test_silence_that_the_server_commits_by_itself_is_no_turn_of_the_users() -> None:
    silence = {"type": "input_audio_buffer.timeout_triggered", "item_id": "u1", "audio_start_ms": 0}
    words = "conversation.item.input_audio_transcription.completed"
    socket = ready(
        silence,
        {"type": "input_audio_buffer.committed", "item_id": "u1"},
        *turn("Are you there?"),
        {"type": words, "item_id": "u1", "transcript": ""},
        *turn("Hello?", "r2"),
    )
    async with session(socket) as opened:
        await until_done(opened, 2)
    assert [(m.role, m.text) for m in opened.messages] == [("model", "Are you there?"), ("model", "Hello?")]


@pytest.mark.parametrize("error", [{"code": "session_expired"}, {"type": "max_duration"}])
async def test_a_server_that_says_that_its_time_is_over_is_followed_by_another_connection(
    error: dict[str, str],
) -> None:
    old = ready(*turn("Hello"), {"type": "error", "error": {**error, "message": "over"}}).close(1001)
    new = ready()
    async with session(old, new) as opened:
        await until_done(opened)
        assert await anext(opened) == Reconnected()
    assert types(new) == ["message"]
