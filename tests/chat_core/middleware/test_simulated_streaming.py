"""Streams of a client that only completes."""

from __future__ import annotations

import pytest
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    CompletionProvider,
    Done,
    EmbeddingsProvider,
    InvalidRequest,
    Message,
    Messages,
    Reasoning,
    StreamProvider,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    tool,
)
from chat_core.middleware import Cache, MemoryStore, SimulatedStreaming
from chat_core.testing import broken_laws
from chat_core.wire import tool_call

pytestmark = pytest.mark.anyio


class CompletesOnly:
    model = "completes"
    error: InvalidRequest | None = None

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        if self.error is not None:
            raise self.error
        if request.tools and len(request.messages) == 1:
            return ChatResponse(Message("model", [ToolCall("t1", "add", {"a": 1})]))
        return ChatResponse(Message("model", [Reasoning("so so"), Text("one  two\nthree")]))

    async def aclose(self) -> None: ...


async def test_the_text_comes_word_by_word_and_the_laws_hold() -> None:
    client = SimulatedStreaming(CompletesOnly())
    events = [event async for event in client.stream(ChatRequest(Messages.from_user("Hello")))]

    assert [event.text for event in events if isinstance(event, TextChunk)] == ["one  ", "two\n", "three"]
    assert isinstance(events[-1], Done)
    assert broken_laws(events) == []


@pytest.mark.parametrize("text", ['{"a": 1', '{"a":  1}', '"{\\"a\\": 1}"'])
async def test_the_arguments_of_a_call_come_as_the_model_wrote_them(text: str) -> None:
    class Calls(CompletesOnly):
        async def complete(self, request: ChatRequest, /) -> ChatResponse:
            return ChatResponse(Message("model", [tool_call("t1", "add", text)]))

    client = SimulatedStreaming(Calls())
    events = [event async for event in client.stream(ChatRequest(Messages.from_user("Hello")))]
    assert "".join(event.arguments for event in events if isinstance(event, ToolCallChunk)) == text
    assert broken_laws(events) == []


async def test_a_chat_streams_over_it_with_tools() -> None:
    @tool
    def add(a: int) -> int:
        return a + 1

    chat = ChatBuilder().with_model(SimulatedStreaming(CompletesOnly())).with_tools([add]).build()
    async with chat.stream(messages := Messages.from_user("Add")) as events:
        kinds = [type(event).__name__ async for event in events]

    assert kinds[:3] == ["ToolCallChunk", "ToolCalled", "ToolResult"]
    assert kinds[-1] == "Done"
    assert messages[-1].text == "one  two\nthree"


async def test_it_may_be_left_and_a_failure_comes_through() -> None:
    inner = CompletesOnly()
    chat = ChatBuilder().with_model(SimulatedStreaming(inner)).build()
    async with chat.stream(messages := Messages.from_user("Hello")) as events:
        async for event in events:
            if isinstance(event, TextChunk):
                break
    assert messages[-1].interrupted
    assert messages[-1].text == "one  "

    inner.error = InvalidRequest("no")
    with pytest.raises(InvalidRequest):
        await chat.complete("Hello")


def test_it_adds_streaming_and_nothing_else_and_may_be_wrapped() -> None:
    for client in (
        SimulatedStreaming(CompletesOnly()),
        Cache(MemoryStore()).around(SimulatedStreaming(CompletesOnly())),
    ):
        assert isinstance(client, StreamProvider)
        assert isinstance(client, CompletionProvider)
        assert not isinstance(client, EmbeddingsProvider)
