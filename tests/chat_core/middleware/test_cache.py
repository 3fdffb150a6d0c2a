"""An equal request is answered from the store: a stream in the same pieces, nothing sent, nothing spent."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    ChatResponse,
    Completed,
    Done,
    File,
    FileReady,
    InvalidRequest,
    Message,
    Messages,
    Notice,
    Reasoning,
    ReasoningChunk,
    Refusal,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    TurnEvent,
    tool,
)
from chat_core.middleware import Cache, CacheStore, MemoryStore, SqliteStore
from chat_core.provider import EncodingProvider
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CacheStore:
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "cache.db")


async def events_of(chat: Any, given: Any) -> list[Any]:
    async with chat.stream(given) as events:
        return [event async for event in events]


def chat_over(store: CacheStore, lines: list[Any], **kwargs: Any) -> Any:
    client = Cache(store, **kwargs).around(ScriptedProvider(lines))
    return ChatBuilder().with_model(client).build()


async def test_the_second_equal_request_is_not_sent(store: CacheStore) -> None:
    chat = chat_over(store, ["Hi", "Ho"])
    first, second, other = [await chat.complete(text) for text in ("Hello", "Hello", "Hello!")]

    assert (first.text, second.text, other.text) == ("Hi", "Hi", "Ho")
    assert first.notices == ()
    assert second.notices == (Notice("cache", "replayed from the cache: nothing was sent"),)
    assert (first.usage.input_tokens, second.usage.input_tokens) == (10, 0)
    assert second.total_usage.total_tokens == 0
    assert second.finish_reason == "stop"


async def test_a_stream_is_replayed_as_the_same_stream(store: CacheStore) -> None:
    picture = File.from_bytes(b"\x89PNG", "image/png")
    parts = [
        Reasoning("think"),
        Text("one two three four"),
        picture,
        Refusal("no"),
        Text("aside", aside=True),
    ]
    chat = chat_over(store, [parts])
    first, second = [await events_of(chat, "Hello") for _ in range(2)]

    assert second[:-1] == first[:-1]
    assert [type(event) for event in first[:3]] == [ReasoningChunk, TextChunk, TextChunk]
    assert FileReady(picture) in second
    assert second[-1].response.message.parts == first[-1].response.message.parts


async def test_complete_and_stream_share_what_is_stored(store: CacheStore) -> None:
    chat = chat_over(store, ["one two", "three four"])
    await chat.complete("a")
    await events_of(chat, "b")

    streamed = await events_of(chat, "a")
    assert [event.text for event in streamed[:-1]] == ["one ", "two"]
    assert (await chat.complete("b")).text == "three four"


async def test_calls_of_tools_are_replayed_as_new_ones_and_run_each_time(store: CacheStore) -> None:
    ran: list[int] = []

    @tool
    def add(a: int) -> int:
        ran.append(a)
        return a + 1

    lines = [[ToolCall("t1", "add", {"a": 1})], "2"]
    client = Cache(store).around(ScriptedProvider(lines))
    chat = ChatBuilder().with_model(client).with_tools([add]).build()
    for _ in range(2):
        messages = Messages.from_user("Add")
        events = await events_of(chat, messages)
        assert isinstance(events[0], ToolCallChunk)
        assert messages[1].tool_calls[0].status == Completed(2)
        assert messages[-1].text == "2"

    assert ran == [1, 1]


class Cut(ScriptedProvider):
    async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
        yield TextChunk("half")
        error = StreamTruncated("cut", partial=ChatResponse(Message("model", [Text("half")])))
        self.requests.append(given)
        raise error


async def test_only_whole_turns_are_stored(store: CacheStore) -> None:
    failing = chat_over(store, [InvalidRequest("no"), "Hi"])
    with pytest.raises(InvalidRequest):
        await failing.complete("Hello")
    assert (await failing.complete("Hello")).text == "Hi"

    cut = Cut([])
    for _ in range(2):
        with pytest.raises(StreamTruncated):
            await events_of(ChatBuilder().with_model(Cache(store).around(cut)).build(), "Cut")
    assert len(cut.requests) == 2

    left = chat_over(store, ["one two three", "again and again"])
    async with left.stream("Left") as events:
        async for _ in events:
            break
    assert (await left.complete("Left")).text == "again and again"


async def test_a_replayed_turn_is_new_each_time() -> None:
    chat = chat_over(MemoryStore(), ["Hi"])
    first = Messages.from_user("Hello")
    await chat.complete(first)
    first[-1].parts.append(Text(" changed"))

    assert (await chat.complete("Hello")).text == "Hi"


async def test_scope_options_and_the_model_keep_requests_apart() -> None:
    store = MemoryStore()
    texts = [
        (await chat_over(store, ["a"]).complete("Hello")).text,
        (await chat_over(store, ["b"], scope="ana").complete("Hello")).text,
        (await chat_over(store, ["c"]).complete("Hello", options=ChatOptions(temperature=0.0))).text,
        (await chat_over(store, ["d"]).complete("Hello")).text,
    ]

    assert texts == ["a", "b", "c", "a"]


async def test_what_is_not_to_be_cached_is_sent() -> None:
    chat = chat_over(MemoryStore(), ["a", "b", "c"], when=lambda request: request.options.seed is not None)

    assert [(await chat.complete("Hello")).text for _ in range(2)] == ["a", "b"]
    assert [(await chat.complete("Hello", options=ChatOptions(seed=1))).text for _ in range(2)] == ["c", "c"]


class Broken:
    async def get(self, key: str, /) -> str | None:
        raise OSError("no disk")

    async def set(self, key: str, text: str, /) -> None:
        raise OSError("no disk")


class Garbage(Broken):
    async def get(self, key: str, /) -> str | None:
        return '{"version": 1}'


@pytest.mark.parametrize("store", [Broken(), Garbage()])
async def test_a_store_that_fails_costs_a_request_and_no_more(
    store: CacheStore, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "chat_core"):
        assert (await chat_over(store, ["Hi"]).complete("Hello")).text == "Hi"
        assert isinstance((await events_of(chat_over(store, ["Hi"]), "Hello"))[-1], Done)

    assert "the cache could not be written: OSError: no disk" in caplog.text


BUILDERS: list[Any] = [
    ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1"),
    ClaudeBuilder(),
    GeminiBuilder(),
    OpenAIBuilder(),
    CohereBuilder(),
    BedrockBuilder().with_region("eu-west-1"),
    OllamaBuilder(),
    OllamaBuilder().with_native(),
]


@pytest.mark.parametrize("builder", BUILDERS, ids=lambda builder: type(builder).__name__)
def test_the_key_is_what_would_be_sent(builder: Any) -> None:
    cache = Cache(MemoryStore())
    builder = builder.with_api_key("k").with_model("m")
    one, same, other = builder.build(), builder.build(), builder.with_extra_body({"extra": 1}).build()
    request = ChatRequest(Messages.from_user("Hello"))
    assert isinstance(one, EncodingProvider)

    assert cache.key_of(one, request) == cache.key_of(same, request)
    assert cache.key_of(one, request) != cache.key_of(other, request)
    assert cache.key_of(one, request) != cache.key_of(builder.with_model("n").build(), request)
    assert len({cache.key_of(one, ChatRequest(Messages.from_user(text))) for text in "abc"}) == 3


async def test_one_request_goes_over_the_wire() -> None:
    transport = FakeTransport().answer(
        {
            "id": "r",
            "model": "m",
            "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        }
    )
    client = BUILDERS[0].with_model("m").with_transport(transport).build()
    chat = ChatBuilder().with_model(Cache(MemoryStore()).around(client)).build()
    first, second = [await chat.complete("Hello") for _ in range(2)]

    assert len(transport.requests) == 1
    assert second.text == first.text == "Hi"
    assert second.id == first.id == "r"
    assert second.usage.raw == first.usage.raw
    assert second.raw == first.raw
