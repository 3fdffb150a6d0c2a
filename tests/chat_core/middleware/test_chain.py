"""Middleware around a model turn: order, streaming, cancellation, failure, tools, and what it may not do."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import pytest
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    Done,
    InvalidRequest,
    Messages,
    Overloaded,
    RetryPolicy,
    StreamTruncated,
    TextChunk,
    ToolCall,
    TurnEvent,
    tool,
)
from chat_core.middleware import NextTurn
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def texts_of(chat: Any, messages: Messages | str, streamed: bool) -> list[str]:
    """Return the chunks of text, or the whole text as one."""
    if not streamed:
        return [(await chat.complete(messages)).text]
    async with chat.stream(messages) as events:
        return [event.text async for event in events if isinstance(event, TextChunk)]


def noted(log: list[str], name: str) -> Any:
    async def wrap(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
        log.append(f"{name} in")
        async with aclosing(next(request)) as events:
            async for event in events:
                yield event
        log.append(f"{name} out")

    return wrap


async def test_the_first_given_is_outermost(streamed: bool) -> None:
    log: list[str] = []
    builder = ChatBuilder().with_model(ScriptedProvider(["Hi"]))
    chat = builder.with_middleware(noted(log, "a"), noted(log, "b")).with_middleware(noted(log, "c")).build()

    assert await texts_of(chat, "Hello", streamed) == ["Hi"]

    assert log == ["a in", "b in", "c in", "c out", "b out", "a out"]


async def test_a_turn_with_its_retries_is_one_pass_and_each_turn_has_its_own(streamed: bool) -> None:
    log: list[str] = []

    @tool
    def add(a: int) -> int:
        return a + 1

    busy = Overloaded("busy", status=503, retryable=True)
    provider = ScriptedProvider([busy, [ToolCall("t1", "add", {"a": 1})], busy, "2"])
    builder = ChatBuilder().with_model(provider).with_tools([add]).with_retry(RetryPolicy(base_delay=0.0))
    await texts_of(builder.with_middleware(noted(log, "a")).build(), "Add", streamed)

    assert log == ["a in", "a out"] * 2
    assert len(provider.requests) == 4


async def test_events_come_through_one_by_one() -> None:
    log: list[str] = []

    class Slow(ScriptedProvider):
        async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
            async with aclosing(super().stream(given)) as events:
                async for event in events:
                    log.append("sent")
                    yield event

    chat = ChatBuilder().with_model(Slow(["one two three"])).with_middleware(noted([], "a")).build()
    async with chat.stream("Hello") as events:
        async for event in events:
            log += ["taken"] if isinstance(event, TextChunk) else []

    assert log == ["sent", "taken", "sent", "taken", "sent"]


async def test_it_may_change_the_request_and_the_response(streamed: bool) -> None:
    async def shout(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
        async with aclosing(next(replace(request, options=ChatOptions(temperature=0.0)))) as events:
            async for event in events:
                yield TextChunk(event.text.upper()) if isinstance(event, TextChunk) else event

    provider = ScriptedProvider(["Hi"])
    texts = await texts_of(ChatBuilder().with_model(provider).with_middleware(shout).build(), "A", streamed)

    assert texts == (["HI"] if streamed else ["Hi"])
    assert provider.requests[0].options.temperature == 0.0


async def test_it_may_answer_itself_and_nothing_is_sent(streamed: bool) -> None:
    provider = ScriptedProvider(["from the script"])
    response = await provider.complete("Hello")
    provider.requests.clear()

    async def answer(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
        yield TextChunk("from the script")
        yield Done(response)

    chat = ChatBuilder().with_model(provider).with_middleware(answer).build()

    assert await texts_of(chat, "Hello", streamed) == ["from the script"]
    assert provider.requests == []


async def test_what_it_raises_and_what_comes_from_within_reaches_the_caller(streamed: bool) -> None:
    log: list[str] = []

    async def refuse(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
        raise InvalidRequest("not today")
        yield

    with pytest.raises(InvalidRequest, match="not today"):
        await texts_of(
            ChatBuilder().with_model(ScriptedProvider([])).with_middleware(noted(log, "a"), refuse).build(),
            "Hello",
            streamed,
        )

    assert log == ["a in"]


async def test_a_turn_that_it_ends_without_done_is_an_error(streamed: bool) -> None:
    async def cut(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
        yield TextChunk("half")

    messages = Messages.from_user("Hello")
    with pytest.raises(StreamTruncated):
        await texts_of(
            ChatBuilder().with_model(ScriptedProvider([])).with_middleware(cut).build(), messages, streamed
        )

    assert messages[-1].interrupted
    assert messages[-1].text == "half"


class Endless:
    """Yields text until it is closed."""

    model = "endless"

    def __init__(self) -> None:
        self.closed = 0

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        try:
            while True:
                yield TextChunk("more ")
        finally:
            self.closed += 1

    async def aclose(self) -> None: ...


async def careless(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
    async for event in next(request):  # without aclosing
        yield event


async def failing(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
    async for event in next(request):
        yield event
        raise InvalidRequest("enough")


async def test_leaving_the_stream_closes_it_also_through_middleware_that_does_not() -> None:
    provider = Endless()
    chat = ChatBuilder().with_model(provider).with_middleware(careless, noted([], "a"), careless).build()
    async with chat.stream(messages := Messages.from_user("Hello")) as events:
        async for _ in events:
            break
        assert provider.closed == 0

    assert provider.closed == 1
    assert messages[-1].interrupted
    assert messages[-1].text == "more "


async def test_a_failure_in_the_middle_closes_the_stream() -> None:
    provider = Endless()
    chat = ChatBuilder().with_model(provider).with_middleware(careless, failing, careless).build()
    with pytest.raises(InvalidRequest, match="enough"):
        await texts_of(chat, "Hello", streamed=True)

    assert provider.closed == 1


async def test_cancelling_closes_the_stream_in_the_same_task() -> None:
    provider = Endless()
    chat = ChatBuilder().with_model(provider).with_middleware(careless, noted([], "a")).build()
    with anyio.CancelScope() as scope:
        async with chat.stream("Hello") as events:
            async for _ in events:
                scope.cancel()
                await anyio.lowlevel.checkpoint()

    assert scope.cancelled_caught
    assert provider.closed == 1


async def test_a_middleware_may_go_on_twice() -> None:
    async def again(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
        async with aclosing(next(request)) as events:
            async for _ in events:
                pass
        async with aclosing(next(request)) as events:
            async for event in events:
                yield event

    chat = ChatBuilder().with_model(ScriptedProvider(["one", "two"])).with_middleware(again).build()

    assert (await chat.complete("Hello")).text == "two"


async def test_the_requests_of_one_call_share_its_run(streamed: bool) -> None:
    runs: list[Any] = []

    class Counts:
        async def wrap_turn(self, request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
            assert request.run is not None
            request.run.state[self] = int(str(request.run.state.get(self, 0))) + 1
            runs.append((request.run, request.run.state[self]))
            async with aclosing(next(request)) as events:
                async for event in events:
                    yield event

    @tool
    def add(a: int) -> int:
        return a + 1

    provider = ScriptedProvider([[ToolCall("t1", "add", {"a": 1})], "2", "3"])
    chat = ChatBuilder().with_model(provider).with_tools([add]).with_middleware(Counts()).build()
    await texts_of(chat, messages := Messages.from_user("Add"), streamed)
    messages.add_user("Again")
    await texts_of(chat, messages, streamed)

    assert [count for _, count in runs] == [1, 2, 1]
    assert runs[0][0] is runs[1][0] is not runs[2][0]
    assert runs[0][0].messages is messages
    assert runs[0][0].provider is provider
    assert provider.requests[0].run is runs[0][0]  # the client sees it too


def test_what_is_no_middleware_is_refused_with_what_to_write() -> None:
    builder = ChatBuilder()
    wrong: Any
    for wrong, instead in [
        (3, "async def wrap"),
        ([noted([], "a")], r"\*\[...\]"),
        (Endless, r"Endless\(...\)"),
        (None, "not None"),
    ]:
        with pytest.raises(ConfigurationError, match=instead):
            builder.with_middleware(wrong)
    with pytest.raises(ConfigurationError, match=r"return await run|returns await run"):
        builder.with_tool_middleware(wrong)


async def test_a_function_that_returns_no_generator_is_named() -> None:
    def wrap(request: ChatRequest, next: NextTurn) -> Any:
        return None

    async def later(request: ChatRequest, next: NextTurn) -> Any:
        return next(request)

    for wrong in (wrap, lambda request, next: later(request, next)):
        chat = ChatBuilder().with_model(ScriptedProvider([])).with_middleware(wrong).build()
        with pytest.raises(ConfigurationError, match="not an async generator"):
            await chat.complete("Hello")


async def test_partial_functions_and_plain_functions_wrap_too() -> None:
    log: list[str] = []

    async def named(name: str, request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
        log.append(name)
        async with aclosing(next(request)) as events:
            async for event in events:
                yield event

    chat = (
        ChatBuilder()
        .with_model(ScriptedProvider(["Hi"]))
        .with_middleware(partial(named, "a"), lambda request, next: next(request))
        .build()
    )

    assert (await chat.complete("Hello")).text == "Hi"
    assert log == ["a"]
    assert "middleware=" in repr(chat)


def test_without_middleware_nothing_stands_between_the_chat_and_the_client() -> None:
    bare = ChatBuilder().with_model(ScriptedProvider([])).build()
    only_tools = ChatBuilder().with_model(ScriptedProvider([]))

    assert bare._setup.hooks is None
    chat = only_tools.with_middleware().build()
    source, answer = chat._whole_turns(chat._setup)
    assert source.func.__name__ == "whole_turn"  # type: ignore[attr-defined]
    assert answer is not None
