"""The time limits: what counts as waiting, what as content, and what a limit leaves alone."""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    Event,
    EventStream,
    Messages,
    Request,
    Response,
    TextChunk,
    TimedOut,
    Timeouts,
)
from chat_core.client.deadlines import Deadlines

pytestmark = pytest.mark.anyio
Burst: TypeAlias = Sequence[Event]


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


asyncio_only = pytest.mark.parametrize("virtual_backend", ["asyncio"], indirect=True)


def frame(**choice: Any) -> Burst:
    return (Event("message", json.dumps({"id": "r", "model": "m", "choices": [{"index": 0, **choice}]})),)


def delta(text: str) -> Burst:
    return frame(delta={"content": text})


COMMENT: Burst = ()  # what a transport makes of the bytes of an SSE comment
PINGS = [
    COMMENT,
    (Event("ping", '{"type": "ping"}'),),
    (Event("message", '{"type":"keepalive","sequence_number":7}'),),
]


class Slow:
    """A transport that answers as `body` does, and counts what it closed."""

    def __init__(self, body: Callable[[], AsyncGenerator[Burst]]) -> None:
        self.body = body
        self.closed = 0

    async def send(self, request: Request, /) -> Response:
        try:
            async for _ in self.body():
                pass
        finally:
            self.closed += 1
        raise AssertionError("this transport never answers whole")

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        try:
            yield _Answer(self.body)
        finally:
            self.closed += 1

    async def aclose(self) -> None: ...


class _Answer:
    status, ok = 200, True
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}

    def __init__(self, body: Callable[[], AsyncGenerator[Burst]]) -> None:
        self.body = body

    async def read(self) -> bytes:
        return b""

    async def bursts(self) -> AsyncGenerator[Burst]:
        async with aclosing(self.body()) as bursts:
            async for burst in bursts:
                yield burst


def chat_over(transport: Slow, **limits: float | None) -> Any:
    builder = (
        ChatCompletionsBuilder()
        .with_base_url("http://model.test/v1")
        .with_model("m")
        .with_transport(transport)
    )
    return ChatBuilder().with_model(builder.with_timeout(**limits).build()).build()


async def texts(chat: Any, messages: Messages) -> list[str]:
    async with chat.stream(messages) as events:
        return [event.text async for event in events if isinstance(event, TextChunk)]


async def silent() -> AsyncGenerator[Burst]:
    await anyio.sleep_forever()
    yield COMMENT


async def pinging() -> AsyncGenerator[Burst]:
    while True:
        for ping in PINGS:
            await anyio.sleep(5)
            yield ping


async def pinging_after_a_word() -> AsyncGenerator[Burst]:
    yield delta("word")
    async with aclosing(pinging()) as pings:
        async for ping in pings:
            yield ping


async def chattering() -> AsyncGenerator[Burst]:
    while True:
        await anyio.sleep(5)
        yield delta("word ")


@pytest.mark.parametrize(
    ("body", "limits", "limit", "kept"),
    [
        (silent, {"first_event": 32.0}, "first_event", ""),
        (pinging, {"first_event": 32.0, "idle": None}, "first_event", ""),
        (pinging_after_a_word, {"idle": 32.0, "first_event": None}, "idle", "word"),
        (chattering, {"total": 52.0, "first_event": 9.0, "idle": 9.0}, "total", "word "),
        (silent, {"total": 32.0}, "total", ""),
        (pinging_after_a_word, {"total": 32.0}, "total", "word"),
    ],
)
async def test_each_limit_holds_though_the_server_pings(
    body: Callable[[], AsyncGenerator[Burst]], limits: dict[str, float | None], limit: str, kept: str
) -> None:
    transport = Slow(body)
    messages = Messages.from_user("hi")
    started = anyio.current_time()

    with pytest.raises(TimedOut, match=rf"raise the limit with \.with_timeout\({limit}=\.\.\.\)") as late:
        await texts(chat_over(transport, **limits), messages)

    assert (late.value.limit, late.value.seconds) == (limit, limits[limit])
    assert anyio.current_time() - started == pytest.approx(limits[limit])
    assert transport.closed == 1
    assert len(messages) == (2 if kept else 1)
    if kept:
        assert messages[-1].interrupted
        assert messages[-1].text.startswith(kept)


async def test_a_whole_answer_has_to_come_within_the_first_limit() -> None:
    transport = Slow(silent)

    with pytest.raises(TimedOut) as late:
        await chat_over(transport, first_event=20).complete(Messages.from_user("hi"))

    assert (late.value.limit, transport.closed) == ("first_event", 1)


async def test_a_slow_consumer_never_times_out() -> None:
    async def body() -> AsyncGenerator[Burst]:
        for word in ("one ", "two ", "three"):
            await anyio.lowlevel.checkpoint()
            yield delta(word)
        yield frame(delta={}, finish_reason="stop")
        yield (Event("message", "[DONE]"),)

    seen = ""
    async with chat_over(Slow(body), idle=20, first_event=50).stream(Messages.from_user("hi")) as events:
        async for event in events:
            if isinstance(event, TextChunk):
                seen += event.text
                await anyio.sleep(30)  # longer than the limit

    assert seen == "one two three"


@pytest.mark.parametrize(
    ("body", "limit", "seconds"), [(pinging_after_a_word, "idle", 120.0), (pinging, "first_event", 300.0)]
)
async def test_the_default_limits_are_two_minutes_between_events_and_five_before_the_first(
    body: Callable[[], AsyncGenerator[Burst]], limit: str, seconds: float
) -> None:
    started = anyio.current_time()

    with pytest.raises(TimedOut) as late:
        await texts(chat_over(Slow(body)), Messages.from_user("hi"))

    assert (late.value.limit, late.value.seconds) == (limit, seconds)
    assert anyio.current_time() - started == pytest.approx(seconds)


async def test_any_frame_but_a_ping_restarts_the_idle_limit_and_ends_the_wait_for_the_first_event() -> None:
    async def body() -> AsyncGenerator[Burst]:
        for _ in range(10):  # a server tool at work: frames that are no content of the turn
            await anyio.sleep(15)
            yield (
                Event("message", json.dumps({"id": "r", "choices": [], "x_tool": {"status": "searching"}})),
            )
        await anyio.sleep(15)
        yield delta("found")
        yield frame(delta={}, finish_reason="stop")

    assert await texts(chat_over(Slow(body), first_event=20, idle=20), Messages.from_user("hi")) == ["found"]


# the mechanism


@asyncio_only
async def test_what_is_here_already_is_taken_however_late_it_is() -> None:
    async def here() -> int:
        return 42

    assert await Deadlines(Timeouts(first_event=0.0, total=0.0)).wait(here()) == 42


async def test_what_is_waited_for_may_have_time_limits_and_task_groups_of_its_own() -> None:
    async def work() -> int:
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.lowlevel.checkpoint)
                with anyio.move_on_after(0.001):
                    await anyio.sleep_forever()
            return 42

    deadlines = Deadlines(Timeouts())
    with anyio.CancelScope() as outer:
        assert await deadlines.wait(work()) == 42
        assert await deadlines.wait(work()) == 42
    assert not outer.cancelled_caught


async def test_a_time_limit_of_its_own_is_its_own_error() -> None:
    async def work() -> None:
        with anyio.fail_after(0.001):
            await anyio.sleep_forever()

    with pytest.raises(TimeoutError):
        await Deadlines(Timeouts()).wait(work())


@pytest.mark.parametrize("timeouts", [Timeouts(), Timeouts(first_event=None), Timeouts(first_event=0.01)])
async def test_a_cancellation_passes_through(timeouts: Timeouts) -> None:
    cleaned: list[str] = []
    waiting = anyio.Event()

    async def work() -> None:
        try:
            waiting.set()
            await anyio.sleep_forever()
        finally:
            cleaned.append("up")

    async def wait() -> None:
        await Deadlines(timeouts).wait(work())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await waiting.wait()
        tasks.cancel_scope.cancel()

    assert cleaned == ["up"]


@asyncio_only
async def test_a_cancelled_task_is_cancelled_and_not_timed_out() -> None:
    waiting = asyncio.Event()

    async def work() -> None:
        waiting.set()
        await asyncio.sleep(60)

    async def wait() -> None:
        await Deadlines(Timeouts(first_event=30)).wait(work())

    task = asyncio.create_task(wait())
    await waiting.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_a_timed_out_task_goes_on_as_if_nothing_had_been() -> None:
    async def late() -> None:
        await anyio.sleep_forever()

    for _ in range(3):
        with pytest.raises(TimedOut):
            await Deadlines(Timeouts(first_event=0.001)).wait(late())
        await anyio.lowlevel.checkpoint()
    with anyio.move_on_after(0.001) as scope:
        await anyio.sleep_forever()
    assert scope.cancelled_caught


async def test_what_it_raises_comes_through() -> None:
    async def work(wait: bool) -> None:
        if wait:
            await anyio.lowlevel.checkpoint()
        raise LookupError("its own")

    for wait in (False, True):
        with pytest.raises(LookupError, match="its own"):
            await Deadlines(Timeouts()).wait(work(wait))


async def test_any_awaitable_will_do() -> None:
    class Later(Awaitable[int]):
        def __await__(self) -> Any:
            yield from anyio.lowlevel.checkpoint().__await__()
            return 42

    assert await Deadlines(Timeouts()).wait(Later()) == 42


async def test_the_idle_limit_counts_from_the_last_content_however_many_came_before() -> None:
    async def body() -> AsyncGenerator[Burst]:
        for _ in range(12):
            await anyio.sleep(5)
            yield delta("word ")
        await anyio.sleep_forever()

    messages = Messages.from_user("hi")
    with pytest.raises(TimedOut) as late:
        await texts(chat_over(Slow(body), idle=40, first_event=None), messages)

    assert (late.value.limit, messages[-1].text) == ("idle", "word " * 12)


async def test_a_limit_that_passes_while_nothing_waits_cancels_nothing() -> None:
    with Deadlines(Timeouts(first_event=0.005)) as deadlines:
        await deadlines.wait(anyio.lowlevel.checkpoint())
        await anyio.sleep(0.01)
        deadlines.progress()
        await deadlines.wait(anyio.sleep(0.01))


@asyncio_only
async def test_a_request_that_is_over_leaves_nothing_in_the_loop() -> None:
    with Deadlines(Timeouts(first_event=300)) as deadlines:
        await deadlines.wait(asyncio.sleep(0))
    kept = weakref.ref(deadlines)
    del deadlines
    assert kept() is None
