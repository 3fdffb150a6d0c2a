"""The spans of turns, tools and agents, as a backend sees them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import anyio
import pytest
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    ContextWindowExceeded,
    Message,
    Messages,
    Overloaded,
    Paused,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    StreamTruncated,
    Text,
    ToolCall,
    TurnEvent,
    tool,
)
from chat_core.middleware import Compaction
from chat_core.testing import ScriptedProvider
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from .conftest import Recorded, attributes

pytestmark = pytest.mark.anyio

TARGET = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "scripted",
    "gen_ai.request.model": "scripted",
}
USED = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5}
CALL = ToolCall("c1", "add", {"a": 1, "b": 2})


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class Flaky(ScriptedProvider):
    """Streams are cut after so many events."""

    def __init__(self, lines: list[Any], after: int) -> None:
        super().__init__(lines)
        self.after = after

    async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
        seen = 0
        async with aclosing(super().stream(given)) as events:
            async for event in events:
                if seen == self.after:
                    raise StreamTruncated("cut", partial=ChatResponse(Message("model", [])))
                seen += 1
                yield event


async def test_a_turn_is_a_span_with_what_was_sent_and_what_came(recorded: Recorded) -> None:
    options = ChatOptions(temperature=0.5, top_p=0.9, top_k=40, max_tokens=100, stop="END", seed=7)
    chat = ChatBuilder().with_model(ScriptedProvider(["Hi"])).with_options(options)

    await chat.with_telemetry(**recorded.given, conversation_id="c-7").build().complete("Hello")

    [span] = recorded.spans
    assert (span.name, span.kind, span.status.status_code) == (
        "chat scripted",
        SpanKind.CLIENT,
        StatusCode.UNSET,
    )
    assert attributes(span) == {
        **TARGET,
        **USED,
        "gen_ai.conversation.id": "c-7",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.request.top_k": 40,
        "gen_ai.request.max_tokens": 100,
        "gen_ai.request.stop_sequences": ("END",),
        "gen_ai.request.seed": 7,
        "gen_ai.response.model": "scripted",
        "gen_ai.response.finish_reasons": ("stop",),
    }


class Short(ScriptedProvider):
    """A model that reads two messages."""

    async def complete(self, given: Any, /) -> ChatResponse:
        if len(given.messages) > 2:
            raise ContextWindowExceeded("too long", status=400)
        return await super().complete(given)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_turn_of_a_shortened_conversation_says_so(recorded: Recorded, streamed: bool) -> None:
    chat = ChatBuilder().with_model(Short(["Hi", "Hello"])).with_middleware(Compaction())
    chat = chat.with_telemetry(**recorded.given)
    messages = Messages.from_user("a")
    for text in ("b", "c"):
        messages.append(Message("model", [Text("ok")])).add_user(text)

    for given in (messages, Messages.from_user("Hello")):
        if streamed:
            async with chat.build().stream(given) as events:
                _ = [event async for event in events]
        else:
            await chat.build().complete(given)

    compacted = [attributes(span).get("gen_ai.conversation.compacted") for span in recorded.spans]
    assert compacted == [True, None]


async def test_no_span_is_current_while_the_consumer_has_an_event(recorded: Recorded) -> None:
    chat = ChatBuilder().with_model(ScriptedProvider([CALL, "three"])).with_tools([add])
    seen: list[bool] = []

    async with chat.with_telemetry(**recorded.given, agent="calc").build().stream("1 + 2") as events:
        seen += [trace.get_current_span().get_span_context().is_valid async for _ in events]

    assert seen
    assert not any(seen)
    first, *_ = [span for span in recorded.spans if span.name == "chat scripted"]
    assert first.attributes is not None
    assert first.attributes["gen_ai.request.stream"] is True
    assert recorded.spans[2].attributes is not None
    assert recorded.spans[2].attributes["gen_ai.response.time_to_first_chunk"] >= 0


async def test_the_spans_of_an_agent_hang_under_its_own_and_the_tool_runs_inside_its_span(
    recorded: Recorded,
) -> None:
    inside: list[Any] = []

    @tool
    async def look(place: str) -> str:
        """Look somewhere."""
        inside.append(trace.get_current_span())
        return "nothing"

    lines = [ToolCall("c1", "look", {"place": "here"}), "Nothing is here."]
    chat = ChatBuilder().with_model(ScriptedProvider(lines)).with_tools([look])
    with recorded.tracers.get_tracer("app").start_as_current_span("request") as request:
        await chat.with_telemetry(**recorded.given, agent="scout").build().complete("Look")

    assert [span.name for span in recorded.spans] == [
        "chat scripted",
        "execute_tool look",
        "chat scripted",
        "invoke_agent scout",
        "request",
    ]
    *children, agent, _ = recorded.spans
    assert {span.parent.span_id for span in children if span.parent} == {agent.context.span_id}
    assert agent.parent is not None
    assert agent.parent.span_id == request.get_span_context().span_id
    assert [span.get_span_context().span_id for span in inside] == [children[1].context.span_id]
    assert children[1].kind is SpanKind.INTERNAL
    assert attributes(children[1]) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.description": "Look somewhere.",
        "gen_ai.agent.name": "scout",
    }
    assert attributes(agent) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "scout",
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 10,
    }
    assert recorded.points("gen_ai.invoke_agent.inference_calls")[0][1] == 2
    assert recorded.points("gen_ai.invoke_agent.tool_calls")[0][1] == 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_retries_are_events_of_the_one_span_of_the_request(recorded: Recorded, streamed: bool) -> None:
    busy = Overloaded("busy", status=529, code="overloaded_error", retryable=True)
    chat = (
        ChatBuilder().with_model(ScriptedProvider([busy, busy, "Hi"])).with_retry(RetryPolicy(base_delay=0))
    )
    built = chat.with_telemetry(**recorded.given).build()

    if streamed:
        async with built.stream("Hello") as events:
            assert [event async for event in events]
    else:
        assert (await built.complete("Hello")).text == "Hi"

    [span] = recorded.spans
    assert [(event.name, dict(event.attributes or {})) for event in span.events] == [
        ("chat.retry", {"error.type": "overloaded_error", "chat.retry.attempt": 1, "chat.retry.delay": 0.0}),
        ("chat.retry", {"error.type": "overloaded_error", "chat.retry.attempt": 2, "chat.retry.delay": 0.0}),
    ]
    assert span.status.status_code is StatusCode.UNSET


async def test_a_failure_is_on_its_span_without_what_it_quotes(recorded: Recorded) -> None:
    broken = Overloaded("your prompt 'secret' was too much", status=529, code="overloaded_error")
    chat = ChatBuilder().with_model(ScriptedProvider([broken])).with_telemetry(**recorded.given).build()

    with pytest.raises(Overloaded):
        await chat.complete("secret")

    [span] = recorded.spans
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "overloaded_error")
    assert attributes(span) == {**TARGET, "error.type": "overloaded_error"}
    [(dimensions, _)] = recorded.points("gen_ai.client.inference.duration")
    assert dimensions == {**TARGET, "error.type": "overloaded_error"}


async def test_what_a_tool_raises_is_the_error_of_its_span_only(recorded: Recorded) -> None:
    @tool
    def fail() -> str:
        raise LookupError("no such row")

    chat = ChatBuilder().with_model(ScriptedProvider([ToolCall("c1", "fail"), "Sorry"])).with_tools([fail])
    await chat.with_telemetry(**recorded.given, agent="a").build().complete("Go")

    span = recorded.span("execute_tool fail")
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "LookupError")
    assert attributes(span)["error.type"] == "LookupError"
    assert recorded.points("gen_ai.execute_tool.duration")[0][0]["error.type"] == "LookupError"
    assert recorded.span("invoke_agent a").status.status_code is StatusCode.UNSET


LINES: list[Any] = [["Let me add these numbers.", CALL], "The sum of them is three."]


async def count_events() -> int:
    async with (
        ChatBuilder().with_model(ScriptedProvider(LINES)).with_tools([add]).build().stream("Go") as events
    ):
        return len([event async for event in events])


@pytest.mark.parametrize("agent", ["calc", None])
async def test_every_span_that_starts_ends_wherever_the_stream_is_left_or_cancelled(
    recorded: Recorded, agent: str | None
) -> None:
    builder = ChatBuilder().with_tools([add]).with_telemetry(**recorded.given, agent=agent)
    total = await count_events()
    for how in ("leave", "cancel"):
        for after in range(1, total + 1):
            chat = builder.with_model(ScriptedProvider(LINES)).build()
            with anyio.CancelScope() as scope:
                async with chat.stream("Go") as events:
                    seen = 0
                    async for _ in events:
                        seen += 1
                        if seen == after and how == "cancel":
                            scope.cancel()
                            await anyio.lowlevel.checkpoint()
                        if seen == after:
                            break
            assert recorded.started == len(recorded.spans), (how, after)
    assert all(span.status.status_code is StatusCode.UNSET for span in recorded.spans)
    interrupted = [span for span in recorded.spans if attributes(span).get("chat.interrupted")]
    assert interrupted
    assert not any("error.type" in attributes(span) for span in recorded.spans)
    if agent:
        assert {span.name for span in interrupted} == {"chat scripted", "invoke_agent calc"}


async def test_every_span_that_starts_ends_wherever_the_stream_is_cut(recorded: Recorded) -> None:
    builder = ChatBuilder().with_tools([add]).with_telemetry(**recorded.given, agent="calc")
    builder = builder.with_retry(RetryPolicy(max_retries=0))
    cuts = 0
    for after in range(await count_events()):
        chat = builder.with_model(Flaky(LINES, after)).build()
        try:
            async with chat.stream("Go") as events:
                _ = [event async for event in events]
        except StreamTruncated:
            cuts += 1
            turn, agent = recorded.spans[-2:]
            assert turn.name == "chat scripted"
            assert attributes(turn)["error.type"] == attributes(agent)["error.type"] == "StreamTruncated"
            began = "gen_ai.response.time_to_first_chunk" in (turn.attributes or {})
            assert attributes(turn).get("gen_ai.response.finish_reasons") == (("error",) if began else None)
        assert recorded.started == len(recorded.spans), after
    assert cuts > 3


async def test_a_cancelled_tool_is_an_interruption(recorded: Recorded) -> None:
    @tool
    async def wait() -> str:
        scope.cancel()
        await anyio.sleep_forever()
        return ""

    chat = ChatBuilder().with_model(ScriptedProvider([ToolCall("c1", "wait")])).with_tools([wait])
    with anyio.CancelScope() as scope:
        await chat.with_telemetry(**recorded.given, agent="a").build().complete("Go")

    assert recorded.started == len(recorded.spans) == 3
    assert attributes(recorded.span("execute_tool wait"))["chat.interrupted"] is True
    assert all(span.status.status_code is StatusCode.UNSET for span in recorded.spans)


@pytest.mark.parametrize("agent", ["calc", None])
async def test_a_pause_ends_its_span_and_what_resumes_links_to_it_after_a_restart(
    recorded: Recorded, agent: str | None
) -> None:
    stored: list[str] = []
    scoped = ScopedCollection([add], lambda call, meta: RequireApproval())
    builder = (
        ChatBuilder()
        .with_scoped_tools(scoped)
        .with_checkpoint(lambda messages: stored.append(messages.to_json()))
        .with_telemetry(**recorded.given, agent=agent)
    )
    chat = builder.with_model(ScriptedProvider([CALL])).build()
    assert isinstance(await chat.complete(Messages.from_user("1 + 2")), Paused)

    paused = recorded.spans[-1]
    assert paused.name == ("invoke_agent calc" if agent else "chat scripted")
    assert paused.status.status_code is StatusCode.UNSET
    assert attributes(paused).get("chat.paused") is (True if agent else None)
    traceparent = json.loads(stored[-1])["metadata"]["traceparent"]
    context = paused.context
    assert traceparent == f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    messages = Messages.from_json(stored[-1])
    messages.find_tool("c1").approve()
    await builder.with_model(ScriptedProvider(["three"])).build().resume(messages)

    first = recorded.spans[-1] if agent else recorded.spans[1]
    assert first.name == ("invoke_agent calc" if agent else "execute_tool add")
    assert [link.context.span_id for link in first.links] == [paused.context.span_id]
    assert "metadata" not in json.loads(stored[-1])
    await builder.with_model(ScriptedProvider(["yes"])).build().complete(messages.add_user("Sure?"))
    assert not recorded.spans[-1].links


async def test_calls_side_by_side_hang_each_under_its_own_parent(recorded: Recorded) -> None:
    chat = ChatBuilder().with_model(ScriptedProvider(["a"] * 8)).with_telemetry(**recorded.given).build()
    tracer = recorded.tracers.get_tracer("app")

    async def ask(number: int) -> None:
        with tracer.start_as_current_span(f"request {number}"):
            await anyio.lowlevel.checkpoint()
            await chat.complete("Hi")

    async with anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(ask, number)

    parents = {span.context.span_id for span in recorded.spans if span.name.startswith("request")}
    assert {span.parent.span_id for span in recorded.spans if span.parent} == parents
    assert len(parents) == 8


async def test_without_an_sdk_everything_is_handed_through_as_it_is() -> None:
    provider = ScriptedProvider(["Hi"])
    builder = ChatBuilder().with_model(provider).with_telemetry(agent="a")
    hooks = builder._choices.hooks
    assert hooks is not None
    generator = provider.stream(ChatRequest(Messages.from_user("Hi")))

    assert hooks.turns[0](ChatRequest(Messages.from_user("Hi")), lambda request: generator) is generator
    await generator.aclose()
    assert (await builder.build().complete("Hi")).text == "Hi"


async def test_wrong_words_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="it is one of 'none', 'span', 'event', 'both'"):
        ChatBuilder().with_telemetry(content="all")
    with pytest.raises(ConfigurationError, match=r"agent=\.\.\.\) takes a text"):
        ChatBuilder().with_telemetry(agent=" ")
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "ALL")
    with pytest.raises(ConfigurationError, match="ALL is none of NO_CONTENT"):
        ChatBuilder().with_telemetry()


async def test_without_the_api_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith("chat_core.middleware.telemetry.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'chat-core\[otel\]'"):
        ChatBuilder().with_telemetry()
