"""A model in the process answers as a server would: whole, streamed, several at once, and stops when it is
left.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ConfigurationError,
    InvalidRequest,
    Messages,
    ProviderError,
    TextChunk,
    ToolDefinition,
    tool,
)
from chat_core.testing import broken_laws
from chat_local import LocalBuilder
from scripted_llama import Loads, chunk, gguf, turn

pytestmark = pytest.mark.anyio
HELLO = ChatRequest(Messages.from_user("Hello"))


def built() -> Any:
    return LocalBuilder().with_model("m").build()


async def test_a_turn_is_streamed_in_order_and_returned_whole(loads: Loads) -> None:
    server = loads.says(turn("Hel", "lo"), turn("Hel", "lo"))
    async with built() as client:
        events = [event async for event in client.stream(HELLO)]
        whole = await client.complete(HELLO)
    assert broken_laws(events) == []
    assert [event.text for event in events if isinstance(event, TextChunk)] == ["Hel", "lo"]
    assert (whole.text, whole.finish_reason, whole.usage.output_tokens) == ("Hello", "stop", 2)
    assert len(loads.settings) == 1
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "Hello"}]


async def test_an_error_before_the_first_token_is_one_of_its_status(loads: Loads) -> None:
    too_long = {
        "error": {
            "code": 400,
            "message": "exceeds the available context size",
            "type": "exceed_context_size_error",
        }
    }
    loads.says([too_long], ValueError("Expected 'messages' to be an array"))
    async with built() as client:
        with pytest.raises(InvalidRequest, match="context size"):
            await client.complete(HELLO)
        with pytest.raises(InvalidRequest, match="to be an array"):
            await client.complete(HELLO)


async def test_an_error_in_the_middle_is_an_error(loads: Loads) -> None:
    loads.says([chunk("Half"), {"error": {"code": 500, "message": "out of memory"}}])
    async with built() as client:
        with pytest.raises(ProviderError, match="out of memory"):
            await client.complete(HELLO)


def endless(asked: threading.Event) -> Iterator[Any]:
    while True:
        yield chunk("word ")
        asked.set()


async def test_leaving_a_stream_stops_the_model_at_its_next_token(loads: Loads) -> None:
    server = loads.says(lambda: endless(threading.Event()))
    async with built() as client:
        stream = client.stream(HELLO)
        assert (await anext(stream)).text == "word "
        await stream.aclose()
        await anyio.to_thread.run_sync(server.ended.wait, 10)
    assert server.stopped.is_set()


async def test_cancelling_a_whole_response_stops_the_model_too(loads: Loads) -> None:
    asked = threading.Event()
    server = loads.says(lambda: endless(asked))
    async with built() as client, anyio.create_task_group() as group:
        group.start_soon(client.complete, HELLO)
        await anyio.to_thread.run_sync(asked.wait, 10)
        group.cancel_scope.cancel()
    assert server.ended.is_set()
    assert server.stopped.is_set()


async def test_several_requests_are_worked_on_at_once(loads: Loads) -> None:
    both = threading.Barrier(2, timeout=10)

    def together() -> Iterator[Any]:
        both.wait()  # each waits until the other has begun
        yield from turn("Hi")

    loads.says(together, together)
    texts: list[str] = []

    async def ask() -> None:
        texts.append((await client.complete(HELLO)).text)

    async with built() as client, anyio.create_task_group() as group:
        group.start_soon(ask)
        group.start_soon(ask)
    assert texts == ["Hi", "Hi"]
    assert len(loads.settings) == 1


async def test_a_closed_client_loads_again(loads: Loads) -> None:
    loads.says(turn("a"), turn("b"))
    client = built()
    assert (await client.complete(HELLO)).text == "a"
    await client.aclose()
    await client.aclose()
    assert (await client.complete(HELLO)).text == "b"
    assert len(loads.settings) == 2


async def test_a_tool_is_called_by_a_model_whose_template_has_none(loads: Loads) -> None:
    @tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"{city}: sunny"

    server = loads.says(
        turn('{"tool": "get_weather", ', '"arguments": {"city": "Bern"}}'), turn('{"answer": "Go out."}')
    )
    async with built() as client:
        response = (
            await ChatBuilder()
            .with_model(client)
            .with_tools([get_weather])
            .build()
            .complete(Messages.from_user("Weather?"))
        )
    assert (response.text, response.notices[0].about) == ("Go out.", "tools")
    assert "tools" not in server.bodies[0]
    assert server.bodies[0]["response_format"]["type"] == "json_schema"
    assert "Bern: sunny" in server.bodies[1]["messages"][-1]["content"]


async def test_a_model_whose_template_has_a_place_for_tools_gets_them_there(loads: Loads) -> None:
    @tool
    def add(a: int) -> int:
        """Add."""
        return a

    loads.template = "{% if tools %}"
    server = loads.says(turn("No need."))
    async with built() as client:
        response = (
            await ChatBuilder()
            .with_model(client)
            .with_tools([add])
            .build()
            .complete(Messages.from_user("Hi"))
        )
    assert (response.text, response.notices) == ("No need.", ())
    assert server.bodies[0]["tools"][0]["function"]["name"] == "add"


@dataclass
class City:
    name: str


async def test_typed_output_is_enforced_by_a_schema(loads: Loads) -> None:
    server = loads.says(turn('{"name": "Bern"}'))
    async with built() as client:
        chat = ChatBuilder().with_model(client).with_structured_output(City).build()
        assert (await chat.complete(Messages.from_user("?"))).value == City("Bern")
    assert "name" in server.bodies[0]["response_format"]["json_schema"]["schema"]["properties"]


async def test_embeddings_are_of_a_model_loaded_for_them(loads: Loads) -> None:
    loads.says(turn("Hi"))
    async with LocalBuilder().with_model("m").with_embeddings().build() as client:
        response = await ChatBuilder().with_model(client).build().embed(["a", "b"])
        await client.complete(HELLO)
    assert [list(embedding.vector) for embedding in response.embeddings] == [[0.0, 1.0], [1.0, 1.0]]
    assert [settings.embeds for settings in loads.settings] == [True, False]


async def test_models_are_listed_and_loading_ahead_loads_once(loads: Loads) -> None:
    loads.says(turn("Hi"))
    async with built() as client:
        await client.load()
        assert [model.id for model in await client.list_models()] == ["m"]
        await client.complete(HELLO)
    assert len(loads.settings) == 1


def test_one_client_serves_one_event_loop_after_another(loads: Loads) -> None:
    loads.says(turn("a"), turn("b"))
    client = built()
    texts = [asyncio.run(client.complete(HELLO)).text for _ in range(2)]
    asyncio.run(client.aclose())
    assert texts == ["a", "b"]
    assert len(loads.settings) == 1


async def test_without_the_library_its_command_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(gguf(general__architecture="llama"))
    monkeypatch.setitem(__import__("sys").modules, "xllamacpp", None)
    with pytest.raises(ConfigurationError, match=r'pip install "chat-local\[llama\]"'):
        await LocalBuilder().with_model(str(path)).build().complete(HELLO)


async def test_the_prompt_is_shown_without_loading_the_model(loads: Loads) -> None:
    definition = ToolDefinition("weather", "The weather.", {"type": "object", "properties": {}})
    request = ChatRequest(Messages.from_user("Hello"), [definition])
    server = loads.says(turn("Hello"))
    async with built() as client:
        before = client.explain(request)
        assert loads.settings == []
        assert [notice.about for notice in before.notices] == ["tools"]
        assert before.body["tools"]

        await client.load()
        loaded = client.explain(request)
        assert loaded.notices == ()
        assert "tools" not in loaded.body
        await client.complete(request)
    assert server.bodies[0] == loaded.body
