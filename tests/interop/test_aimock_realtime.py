"""Realtime sessions with a server that other people wrote, over a real socket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from chat_core import (
    ChatBuilder,
    Done,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    TextChunk,
    ToolCall,
    ToolResult,
    tool,
)
from chat_core.realtime import RealtimeSession
from chat_openai import OpenAIBuilder
from chat_openai.realtime import RealtimeBuilder

pytestmark = pytest.mark.anyio
HELLO = "Good day! A script in this repository wrote this."


@tool
async def get_weather(city: str, note: str) -> str:
    """Look up the weather."""
    return f"18 degrees in {city}"


def builder(url: str) -> RealtimeBuilder[Any]:
    begun = OpenAIBuilder().with_model("gpt-realtime-2").with_api_key("sk-interop").with_base_url(f"{url}/v1")
    return begun.with_header("X-Test-Id", uuid4().hex).with_realtime().with_output("text")


async def until_done(session: RealtimeSession) -> Sequence[object]:
    events: list[object] = []
    async for event in session:
        events.append(event)
        if isinstance(event, Done):
            return events
    raise AssertionError("the session ended before its response")


async def test_a_text_is_answered_and_a_second_one_too(aimock_url: str) -> None:
    async with (
        builder(aimock_url).build() as client,
        ChatBuilder().with_model(client).build().session() as session,
    ):
        for _ in range(2):
            await session.send("greet me")
            events = await until_done(session)
            assert "".join(e.text for e in events if isinstance(e, TextChunk)) == HELLO
            done = events[-1]
            assert isinstance(done, Done)
            assert (done.response.text, done.response.finish_reason) == (HELLO, "stop")
    assert [(m.role, m.text) for m in session.messages] == [("user", "greet me"), ("model", HELLO)] * 2


async def test_a_tool_is_called_and_its_result_is_answered(aimock_url: str) -> None:
    async with builder(aimock_url).build() as client:
        chat = ChatBuilder().with_model(client).with_tools([get_weather]).build()
        async with chat.session(Messages.from_system("Be short.")) as session:
            await session.send("weather")
            await until_done(session)
            result = await anext(session)
            assert isinstance(result, ToolResult)
            assert result.call.outcome() == "18 degrees in Lisbon"
            assert result.call.arguments["note"] == 'she says "ü", then \\ and\na line, 中 🌊'  # type: ignore[index]
            await until_done(session)
    assert session.messages[-1].text == "Lisbon has 18 degrees."


async def test_a_call_that_waits_is_answered_when_it_has_been_approved(aimock_url: str) -> None:
    def strategy(call: ToolCall, meta: object) -> RequireApproval:
        return RequireApproval("sure?")

    async with builder(aimock_url).build() as client:
        scoped = ScopedCollection([get_weather], strategy)
        async with ChatBuilder().with_model(client).with_scoped_tools(scoped).build().session() as session:
            await session.send("weather")
            await until_done(session)
            paused = await anext(session)
            assert isinstance(paused, Paused)
            paused.reason.approvals[0].approve()
            await session.resume()
            await until_done(session)
    assert session.messages[-1].text == "Lisbon has 18 degrees."


async def test_a_history_is_taken(aimock_url: str) -> None:
    messages = Messages.from_user("My name is Ada.")
    async with builder(aimock_url).build() as client:
        chat = ChatBuilder().with_model(client).with_tools([get_weather]).build()
        async with chat.session(messages) as session:
            await session.send("weather")
            await until_done(session)
            await until_done(session)
        async with chat.session(messages) as session:
            await session.send("greet me")
            events = await until_done(session)
    assert [e.response.text for e in events if isinstance(e, Done)] == [HELLO]
