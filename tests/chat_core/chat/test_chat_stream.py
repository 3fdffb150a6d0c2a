"""A conversation as it happens: what is said when, and what leaving early leaves behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, nullcontext
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    Completed,
    ConfigurationError,
    ConnectionFailed,
    Done,
    Event,
    EventStream,
    Failed,
    File,
    FileReady,
    InvalidResponse,
    Message,
    Messages,
    Native,
    Origin,
    Paused,
    Reasoning,
    ReasoningChunk,
    Refusal,
    RefusalChunk,
    Request,
    RequireApproval,
    Response,
    ScopedCollection,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    ToolCalled,
    ToolResult,
    TurnEvent,
    tool,
)
from chat_core.testing import ScriptedProvider, broken_laws
from chat_core.wire.tool_calls import tool_call

pytestmark = pytest.mark.anyio


@tool
def add(a: int, b: int) -> int:
    return a + b


def asks(*ids: str) -> list[Any]:
    return [tool_call(id, "add", '{"a": 1, "b": 1}') for id in ids]


def delta(**said: Any) -> str:
    return json.dumps(
        {"id": "r", "model": "m", "choices": [{"index": 0, "delta": said, "finish_reason": None}]}
    )


def finish(reason: str = "stop") -> str:
    return json.dumps(
        {"id": "r", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    )


def fragment(text: str, id: str | None = None) -> dict[str, Any]:
    return {"index": 0, **({"id": id} if id else {}), "function": {"name": "add", "arguments": text}}


class Line:
    """A transport of one connection. It yields to the loop before and after every event, and keeps what was
    opened and closed; after `events` it waits for ever, as a model that thinks does, or fails with `end`.
    """

    def __init__(self, *events: str, end: Exception | None = None) -> None:
        self.events, self.end = events, end
        self.opened = self.closed = self.generators = 0
        self.waiting = anyio.Event()
        self.points = 0

    async def point(self) -> None:
        self.points += 1
        await anyio.lowlevel.checkpoint()

    async def send(self, request: Request, /) -> Response:
        raise AssertionError("nothing here is sent whole")

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        await self.point()
        self.opened += 1
        try:
            yield _Answer(self)
            await self.point()
        finally:
            self.closed += 1

    async def aclose(self) -> None: ...

    def chat(self) -> Any:
        client = (
            ChatCompletionsBuilder()
            .with_base_url("http://model.test/v1")
            .with_model("m")
            .with_transport(self)
            .build()
        )
        return ChatBuilder().with_model(client).with_tools([add]).build()


class _Answer:
    status, ok = 200, True
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}

    def __init__(self, line: Line) -> None:
        self.line = line

    async def read(self) -> bytes:
        return b""

    async def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        self.line.generators += 1
        try:
            for data in self.line.events:
                await self.line.point()
                yield (Event("message", data),)
                await self.line.point()
            if self.line.end is not None:
                raise self.line.end
            self.line.waiting.set()
            await anyio.sleep_forever()
        finally:
            self.line.generators -= 1


async def events_of(chat: Any, messages: Messages) -> list[Any]:
    async with chat.stream(messages) as stream:
        return [event async for event in stream]


# what is said


async def test_a_stream_tells_the_turns_the_calls_and_the_results_in_order() -> None:
    lines: list[Any] = [[Reasoning("hm"), "I add", *asks("a", "b")], "It is 2."]
    chat = ChatBuilder().with_model(ScriptedProvider(lines)).with_tools([add]).build()
    messages = Messages.from_user("go")

    events = await events_of(chat, messages)

    a, b = messages.calls
    assert events == [
        ReasoningChunk("hm"),
        TextChunk("I add"),
        ToolCallChunk("a", "add", '{"a": 1, "b": 1}'),
        ToolCallChunk("b", "add", '{"a": 1, "b": 1}'),
        ToolCalled(a),
        ToolCalled(b),
        ToolResult(a),
        ToolResult(b),
        TextChunk("It is 2."),
        Done(events[-1].response),
    ]
    assert events[-1].response.message is messages[-1]
    assert events[-1].response.total_usage.input_tokens == 20
    assert (a.status, b.status) == (Completed(2), Completed(2))


async def test_complete_and_stream_leave_the_same_conversation() -> None:
    lines: list[Any] = [
        [Reasoning("hm"), "I add", *asks("a", "b")],
        [tool_call("c", "add", "{oops")],
        "It is 2.",
    ]
    whole, streamed = Messages.from_user("go"), Messages.from_user("go")

    await ChatBuilder().with_model(ScriptedProvider(lines)).with_tools([add]).build().complete(whole)
    await events_of(ChatBuilder().with_model(ScriptedProvider(lines)).with_tools([add]).build(), streamed)

    assert whole == streamed


async def test_each_call_has_one_result_whatever_became_of_it() -> None:
    @tool
    def fail() -> None:
        raise ValueError("no")

    calls = [
        tool_call("bad", "add", "{oops"),
        *asks("good"),
        ToolCall("fails", "fail"),
        ToolCall("nobody", "nothing"),
    ]
    chat = ChatBuilder().with_model(ScriptedProvider([calls, "done"])).with_tools([add, fail]).build()

    events = await events_of(chat, Messages.from_user("go"))

    assert [event.call.id for event in events if isinstance(event, ToolCalled)] == [
        "bad",
        "good",
        "fails",
        "nobody",
    ]
    assert [event.call.id for event in events if isinstance(event, ToolResult)] == [
        "bad",
        "good",
        "fails",
        "nobody",
    ]


async def test_a_stream_that_waits_ends_in_paused() -> None:
    scoped = ScopedCollection([add], lambda call, meta: RequireApproval())
    chat = ChatBuilder().with_model(ScriptedProvider([asks("a")])).with_scoped_tools(scoped).build()

    events = await events_of(chat, Messages.from_user("go"))

    assert [type(event) for event in events] == [ToolCallChunk, ToolCalled, Paused]
    assert events[-1].response.tool_calls[0].id == "a"


async def test_a_turn_of_the_wire_keeps_the_laws() -> None:
    line = Line(delta(content="Hi "), delta(content="there"), finish(), "[DONE]")
    client = line.chat().provider

    async with aclosing(client.stream(ChatRequest(Messages.from_user("go")))) as turn:
        assert broken_laws([event async for event in turn]) == []


async def test_a_client_that_does_not_stream_says_so() -> None:
    class Whole:
        model = "whole"

        async def complete(self, request: ChatRequest, /) -> ChatResponse:
            return ChatResponse(Message("model", [Text("hi")]))

        async def aclose(self) -> None: ...

    chat: Any = ChatBuilder().with_model(Whole()).build()

    assert (await chat.complete(Messages.from_user("go"))).text == "hi"
    with pytest.raises(ConfigurationError, match=r"Whole does not stream: use .complete\(messages\)"):
        chat.stream(Messages.from_user("go"))
    with pytest.raises(
        ConfigurationError, match=r"Whole makes no embeddings: .with_embeddings\(\) before .build\(\)"
    ):
        await chat.embed("x")


# leaving


HALF = (
    delta(role="assistant", reasoning_content="hm"),
    delta(content="I "),
    delta(content="add"),
    delta(tool_calls=[fragment('{"a": 1', "t1")]),
    delta(tool_calls=[fragment(', "b"')]),
)


def check_left(line: Line, messages: Messages) -> None:
    """Nothing is open, and what came of the turn is there, closed."""
    assert (line.closed, line.generators) == (line.opened, 0)
    assert messages[0].text == "go"
    if len(messages) == 1:
        return  # nothing had come
    [_, partial] = messages
    assert partial.interrupted
    assert partial.turn is None
    assert "I add".startswith(partial.text)
    assert all(call.resolved for call in partial.tool_calls)
    Messages.from_json(messages.to_json())


@pytest.mark.parametrize("how", ["break", "raise", "aclose"])
async def test_leaving_closes_the_connection_and_keeps_what_came(how: str) -> None:
    line = Line(*HALF)
    messages = Messages.from_user("go")
    stream = line.chat().stream(messages)

    with pytest.raises(ZeroDivisionError) if how == "raise" else nullcontext():
        async with stream:
            async for event in stream:
                if isinstance(event, ToolCallChunk) and '"b"' in event.arguments:
                    if how == "raise":
                        raise ZeroDivisionError
                    if how == "aclose":
                        await stream.aclose()
                    break

    check_left(line, messages)
    assert messages[-1].parts == [
        Reasoning("hm"),
        Text("I add"),
        ToolCall(
            "t1",
            "add",
            status=Failed("The turn was interrupted; the call was not run."),
            arguments_text='{"a": 1, "b"',
        ),
    ]
    assert line.opened == 1


async def test_leaving_before_anything_came_leaves_nothing() -> None:
    line = Line()
    messages = Messages.from_user("go")

    async with line.chat().stream(messages):
        pass

    assert (line.opened, len(messages)) == (0, 1)


async def test_after_an_interruption_the_conversation_goes_on() -> None:
    first, second = Line(*HALF), Line(delta(content="fine"), finish(), "[DONE]")
    messages = Messages.from_user("go")
    async with first.chat().stream(messages) as events:
        async for event in events:
            if isinstance(event, ToolCallChunk):
                break

    await events_of(second.chat(), messages.add_user("never mind"))

    assert [message.role for message in messages] == ["user", "model", "user", "model"]
    assert messages[-1].text == "fine"


async def points_of(*events: str) -> int:
    line = Line(*events)
    messages = Messages.from_user("go")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(events_of, line.chat(), messages)
        await line.waiting.wait()
        tasks.cancel_scope.cancel()
    return line.points


async def test_cancelled_at_any_await_nothing_stays_open_and_what_came_stays() -> None:
    for at in range(1, await points_of(*HALF) + 1):
        line = Line(*HALF)
        messages = Messages.from_user("go")
        with anyio.CancelScope() as scope:

            async def point(line: Line = line, at: int = at, scope: anyio.CancelScope = scope) -> None:
                line.points += 1
                if line.points == at:
                    scope.cancel()
                await anyio.lowlevel.checkpoint()

            line.point = point  # type: ignore[method-assign]
            await events_of(line.chat(), messages)

        assert scope.cancelled_caught
        check_left(line, messages)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_task_cancelled_once_or_more_at_any_await_leaves_nothing_open(times: int) -> None:
    points = await points_of(*HALF)
    for at in range(1, points + 1):
        line = Line(*HALF)
        messages = Messages.from_user("go")
        task = asyncio.create_task(events_of(line.chat(), messages))
        while line.points < at:  # noqa: ASYNC110  each turn of the loop is one more await point
            await asyncio.sleep(0)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)

        with pytest.raises(asyncio.CancelledError):
            await task
        check_left(line, messages)


async def test_cancelling_while_the_model_thinks_closes_at_once() -> None:
    line = Line(*HALF)
    messages = Messages.from_user("go")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(events_of, line.chat(), messages)
        await line.waiting.wait()
        tasks.cancel_scope.cancel()

    check_left(line, messages)
    assert messages[-1].text == "I add"


async def test_a_turn_that_was_whole_when_it_was_left_is_kept_whole() -> None:
    chat = ChatBuilder().with_model(ScriptedProvider([["I add", *asks("a")], "2"])).with_tools([add]).build()
    messages = Messages.from_user("go")

    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, ToolCalled):
                break

    assert not messages[-1].interrupted
    assert (await chat.complete(messages)).text == "2"
    assert messages.find_tool("a").status == Completed(2)


# streams that break


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (None, StreamTruncated),
        (ConnectionFailed("reset"), StreamTruncated),
        (InvalidResponse("no events"), InvalidResponse),
    ],
)
async def test_a_cut_stream_is_an_error_and_what_came_is_kept(
    end: Exception | None, error: type[Exception]
) -> None:
    line = Line(*HALF, end=end or ConnectionFailed("eof"))
    messages = Messages.from_user("go")

    with pytest.raises(error) as cut:
        await events_of(line.chat(), messages)

    check_left(line, messages)
    assert messages[-1].text == "I add"
    if isinstance(cut.value, StreamTruncated):
        assert cut.value.partial.text == "I add"
        assert cut.value.partial.message.interrupted
        assert cut.value.__cause__ is (end or line.end)


class Custom:
    """A provider of somebody else's making."""

    model = "custom"

    def __init__(self, *events: TurnEvent) -> None:
        self.events = events
        self.closed = False

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        try:
            for event in self.events:
                yield event
        finally:
            self.closed = True

    async def aclose(self) -> None: ...


async def test_a_provider_that_ends_without_done_is_a_cut_stream() -> None:
    provider = Custom(TextChunk("half"))
    messages = Messages.from_user("go")
    chat: Any = ChatBuilder().with_model(provider).build()

    with pytest.raises(StreamTruncated, match="the provider's turn ended without Done"):
        await events_of(chat, messages)

    assert (messages[-1].text, messages[-1].interrupted, provider.closed) == ("half", True, True)


async def test_the_partial_turn_keeps_the_order_and_every_kind_of_part() -> None:
    picture, draft = File.from_bytes(b"GIF89a"), File("image/png", b"...", preview=True)
    provider = Custom(
        TextChunk("a"),
        TextChunk("b"),
        ReasoningChunk("c"),
        ReasoningChunk("d"),
        FileReady(draft),
        FileReady(picture),
        TextChunk("e"),
        ToolCallChunk("x", "add", '{"a'),
        ToolCallChunk("y", "add", "{"),
        ToolCallChunk("x", "add", '": 1}'),
        RefusalChunk("f"),
        RefusalChunk("g"),
    )
    messages = Messages.from_user("go")

    with pytest.raises(StreamTruncated):
        await events_of(ChatBuilder().with_model(provider).build(), messages)

    closed = Failed("The turn was interrupted; the call was not run.")
    assert messages[-1].parts == [
        Text("ab"),
        Reasoning("cd"),
        picture,
        Text("e"),
        ToolCall("x", "add", {}, closed, arguments_text='{"a": 1}'),
        ToolCall("y", "add", {}, closed, arguments_text="{"),
        Refusal("fg"),
    ]


async def test_the_calls_of_a_partial_turn_get_ids_of_their_own() -> None:
    messages = Messages.from_user("go").append(Message("model", [ToolCall("x", "add", {}, Completed(1))]))

    with pytest.raises(StreamTruncated):
        await events_of(ChatBuilder().with_model(Custom(ToolCallChunk("x", "add", "{"))).build(), messages)

    one, other = messages.calls
    assert one.id == "x"
    assert other.id not in ("", "x")


async def test_native_data_rides_on_the_part_that_carried_it_to_the_next_request() -> None:
    native = Native(Origin("p", "e", "m"), {"signature": "sealed"})
    signed = [Reasoning("hm", native=native), tool_call("a", "add", '{"a":1,"b":1}', native)]
    provider = ScriptedProvider([signed, "2"])
    chat = ChatBuilder().with_model(provider).with_tools([add]).build()
    messages = Messages.from_user("go")

    await events_of(chat, messages)

    assert [getattr(part, "native", None) for part in messages[1].parts] == [native, native]
    assert provider.requests[1].messages[1].parts[0] is messages[1].parts[0]
    assert [call.native for call in provider.requests[1].messages.calls] == [native]
