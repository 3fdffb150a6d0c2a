"""Whole conversations over the Messages API with a server that other people wrote, over a real socket."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import uuid4

import pytest
from chat_claude import ClaudeBuilder, Thinking
from chat_core import (
    AuthenticationError,
    Chat,
    ChatBuilder,
    ChatResponse,
    ConnectionFailed,
    Done,
    EventStream,
    HttpTransport,
    InvalidRequest,
    Messages,
    Overloaded,
    Paused,
    ProviderError,
    RateLimited,
    Reasoning,
    Request,
    RequireApproval,
    Response,
    RetryPolicy,
    ScopedCollection,
    StreamTruncated,
    Text,
    tool,
)
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

Way: TypeAlias = Literal["complete", "stream"]

NO_RETRIES = RetryPolicy(max_retries=0)


@tool
def lookup(q: str) -> str:
    """Look something up."""
    return f"about {q}"


@tool
def get_weather(city: str, note: str | None = None, unit: str | None = None) -> str:
    """Tell the weather in a city."""
    return f"18 degrees in {city}"


@tool
def current_time() -> str:
    """Tell the time."""
    return "noon"


class Noting:
    """The usual transport, and what went over it: the server's own journal tells requests in OpenAI's
    form.
    """

    def __init__(self) -> None:
        self._inner = HttpTransport()
        self.bodies: list[dict[str, Any]] = []

    async def send(self, request: Request, /) -> Response:
        self.bodies.append(json.loads(request.body))
        return await self._inner.send(request)

    def stream(self, request: Request, /) -> AbstractAsyncContextManager[EventStream]:
        self.bodies.append(json.loads(request.body))
        return self._inner.stream(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass(frozen=True)
class Aimock:
    """The server, as one test sees it."""

    url: str
    transport: Noting

    @property
    def builder(self) -> ClaudeBuilder[Any]:
        made = (
            ClaudeBuilder().with_base_url(self.url).with_model("claude-opus-5-5").with_api_key("sk-interop")
        )
        return made.with_header("X-Test-Id", uuid4().hex).with_transport(self.transport)


@pytest.fixture
def aimock(aimock_url: str) -> Aimock:
    return Aimock(aimock_url, Noting())


@pytest.fixture(params=["complete", "stream"])
def way(request: pytest.FixtureRequest) -> Way:
    way: Way = request.param
    return way


async def converse(chat: Chat[Any, Any, Any], messages: Messages, way: Way) -> Any:
    """What the conversation comes to, either way: a response, or `Paused`."""
    if way == "complete":
        outcome = await chat.complete(messages)
        return outcome if isinstance(outcome, ChatResponse | Paused) else outcome.response
    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, Done | Paused):
                return event.response if isinstance(event, Done) else event
    raise AssertionError("a stream ends in Done or Paused")


async def ask(aimock: Aimock, text: str, way: Way, *tools: Any) -> tuple[ChatResponse, Messages]:
    messages = Messages.from_user(text)
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).with_tools(tools).with_retry(NO_RETRIES).build()
        return await converse(chat, messages, way), messages


async def test_a_text(aimock: Aimock, way: Way) -> None:
    response, _ = await ask(aimock, "greet me", way)

    assert response.text == "Good day! A script in this repository wrote this."
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "end_turn")


async def test_a_tool_loop_with_thinking_survives_a_restart_in_its_middle(aimock: Aimock, way: Way) -> None:
    builder = aimock.builder.with_thinking(
        Thinking.adaptive("high", display="summarized")
    ).with_changed_prefix("error")
    messages = Messages.from_user("think, then look")

    async with builder.build() as client:
        chat = (
            ChatBuilder()
            .with_model(client)
            .with_scoped_tools(ScopedCollection([lookup], lambda call, meta: RequireApproval()))
        )
        paused = await converse(chat.build(), messages, way)
        assert isinstance(paused, Paused)
        assert messages[-1].reasoning == "The tables will have it."
        before = messages[-1].parts[0]

    restored = Messages.from_json(messages.to_json())
    restored.pending[0].approve()
    async with builder.build() as client:
        chat = (
            ChatBuilder()
            .with_model(client)
            .with_scoped_tools(ScopedCollection([lookup], lambda call, meta: RequireApproval()))
        )
        response = await converse(chat.build(), restored, way)

    assert response.text == "The tables have it at six."
    first, second = aimock.transport.bodies
    assert first["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert second["messages"][0] == first["messages"][0]
    assistant, result = second["messages"][1:]
    assert isinstance(before, Reasoning)
    assert before.native is not None
    signed = before.native.data["block"]
    assert isinstance(signed, dict)
    assert signed["signature"]
    assert assistant["content"][0] == signed | {"thinking": "The tables will have it."}
    assert assistant["content"][-1]["type"] == "tool_use"
    assert result["content"] == [
        {"type": "tool_result", "tool_use_id": assistant["content"][-1]["id"], "content": "about tides"}
    ]


async def test_parallel_calls_are_answered_in_one_turn(aimock: Aimock, way: Way) -> None:
    response, messages = await ask(aimock, "weather here and there", way, get_weather)

    assert response.text == "Rome is dry, Bergen is wet."
    assert [call.arguments["city"] for call in messages[1].tool_calls] == ["Rome", "Bergen"]
    result = aimock.transport.bodies[1]["messages"][2]
    assert [block["content"] for block in result["content"]] == ["18 degrees in Rome", "18 degrees in Bergen"]


async def test_arguments_of_every_kind_arrive_whole(aimock: Aimock, way: Way) -> None:
    _, messages = await ask(aimock, "weather", way, get_weather)

    assert messages[1].tool_calls[0].arguments["note"] == 'she says "ü", then \\ and\na line, 中 🌊'


async def test_a_call_without_arguments(aimock: Aimock, way: Way) -> None:
    response, messages = await ask(aimock, "what time is it", way, current_time)

    assert (messages[1].tool_calls[0].arguments, response.text) == ({}, "It is noon.")


async def test_text_and_calls_keep_their_order(aimock: Aimock, way: Way) -> None:
    _, messages = await ask(aimock, "say, then call", way, lookup)

    assert messages[1].parts[0] == Text("I look it up first.")
    assert messages[1].tool_calls[0].name == "lookup"


async def test_thinking_is_apart_from_the_text(aimock: Aimock, way: Way) -> None:
    response, _ = await ask(aimock, "think first", way)

    assert (response.text, response.reasoning) == (
        "It makes ten.",
        "Three times three is nine. One more is ten.",
    )


async def test_a_turn_at_its_limit(aimock: Aimock, way: Way) -> None:
    response, _ = await ask(aimock, "run out of tokens", way)

    assert (response.finish_reason, response.raw_finish_reason) == ("length", "max_tokens")


async def test_characters_of_every_length(aimock: Aimock, way: Way) -> None:
    response, _ = await ask(aimock, "odd characters", way)

    assert response.text == "Größe, déjà vu: 仮名と漢字 🧭👩🏽‍🚀, a \u0000, a tab\tand\ntwo lines"


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


async def test_an_answer_of_a_type(aimock: Aimock, way: Way) -> None:
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).with_structured_output(Person).build()
        response = await converse(chat, Messages.from_user("a person as data"), way)

    assert response.value == Person(name="Grace", age=45, tags=["compilers", "navy"])
    assert aimock.transport.bodies[0]["output_config"]["format"]["schema"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, InvalidRequest),
        (401, AuthenticationError),
        (429, RateLimited),
        (500, ProviderError),
        (529, Overloaded),
    ],
)
async def test_errors(status: int, expected: type[ProviderError], aimock: Aimock, way: Way) -> None:
    with pytest.raises(expected) as caught:
        await ask(aimock, f"fail with {status}", way)
    assert caught.value.status == status
    if status == 429:
        assert caught.value.retry_after == 2.0


async def test_what_passes_is_tried_again(aimock: Aimock, way: Way) -> None:
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(base_delay=0.0)).build()
        response = await converse(chat, Messages.from_user("third time"), way)

    assert response.text == "here at last"
    assert [notice.about for notice in response.notices] == ["retry", "retry"]


async def test_a_cut_stream_is_an_error_with_what_came(aimock: Aimock) -> None:
    with pytest.raises((StreamTruncated, ConnectionFailed)) as caught:
        await ask(aimock, "break off", "stream")
    if isinstance(caught.value, StreamTruncated):
        assert "Here is a long answer that nobody reads".startswith(caught.value.partial.text)
