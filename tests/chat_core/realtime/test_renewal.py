"""Sessions that go on over another connection: in time, and after a loss."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from chat_core import (
    AuthenticationError,
    Chat,
    ChatBuilder,
    Done,
    Messages,
    Overloaded,
    Paused,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    StreamTruncated,
    tool,
)
from chat_core.realtime import Interrupted, RealtimeSession, Reconnected, Transcript
from chat_core.testing import FakeSocket
from live_server import LiveProvider, sent

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def ready(*messages: str) -> FakeSocket:
    return FakeSocket().push("ready", *messages)


def chat(provider: LiveProvider, *tools: Any, retries: int = 2) -> Chat[LiveProvider, Any, Any, Any]:
    policy = RetryPolicy(max_retries=retries)
    return ChatBuilder().with_model(provider).with_tools(list(tools)).with_retry(policy).build()


class Reader:
    """Iterates a session beside the test, and notes what comes."""

    def __init__(self, session: RealtimeSession) -> None:
        self.session = session
        self.events: list[object] = []
        self.error: Exception | None = None

    async def run(self) -> None:
        try:
            async for event in self.session:
                self.events.append(event)
        except Exception as error:
            self.error = error

    def count(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.events)


@asynccontextmanager
async def reading(session: RealtimeSession) -> AsyncIterator[Reader]:
    async with session, anyio.create_task_group() as tasks:
        reader = Reader(session)
        tasks.start_soon(reader.run)
        yield reader
        tasks.cancel_scope.cancel()


async def settle() -> None:
    """Let everything happen that can happen at once."""
    await anyio.sleep(0.001)  # of a clock that only runs while everything waits


async def test_a_connection_that_gets_old_is_replaced_in_a_quiet_moment_and_given_the_history() -> None:
    old, new = ready(), ready()
    provider = LiveProvider(old, new, max_seconds=3600.0)
    async with reading(chat(provider).session(Messages.from_user("My name is Ada."))) as reader:
        await reader.session.send("Hi")
        old.push("begin r1", "done Hello Ada")
        await settle()
        await anyio.sleep(2990)
        assert provider.connections == 1
        await anyio.sleep(20)
        assert reader.events[-1] == Reconnected(restored=False)
        assert old.is_closed
        assert sent(new) == [
            ("history", [["user", "My name is Ada."], ["user", "Hi"], ["model", "Hello Ada"]]),
        ]
        await reader.session.send("And now?")
        new.push("begin r2", "done Still here")
        await settle()
        assert sent(new)[1:] == [("user", "And now?"), ("respond", None)]
    assert reader.count(Done) == 2
    assert new.is_closed


async def test_a_connection_is_not_replaced_while_anything_is_under_way() -> None:
    old, new = ready(), ready()
    provider = LiveProvider(old, new, max_seconds=3600.0)
    async with reading(chat(provider).session()) as reader:
        await anyio.sleep(2990)
        old.push("hears")
        await anyio.sleep(100)
        old.push("heard", "spoke u1")
        await anyio.sleep(100)
        old.push("begin r1", "words Hel")
        await anyio.sleep(100)
        assert provider.connections == 1
        old.push("done Hello", "transcript u1 Hi")
        await settle()
        assert provider.connections == 2
    assert sent(new) == [("history", [["user", "Hi"], ["model", "Hello"]])]
    assert reader.count(Interrupted) == 0


async def test_at_the_last_moment_it_is_replaced_in_any_case_and_the_answer_ends_there() -> None:
    old, new = ready("begin r1", "words Hel"), ready()
    provider = LiveProvider(old, new, max_seconds=3600.0)
    async with reading(chat(provider).session()) as reader:
        await anyio.sleep(3569)
        assert provider.connections == 1
        old.push("words lo")
        await anyio.sleep(2)
        assert provider.connections == 2
    assert [type(event) for event in reader.events] == [
        Transcript,
        Transcript,
        Interrupted,
        Done,
        Reconnected,
    ]
    done = reader.events[3]
    assert isinstance(done, Done)
    assert (done.response.text, done.response.message.interrupted) == ("Hello", True)
    assert [(m.text, m.interrupted) for m in reader.session.messages] == [("Hello", True)]


async def test_a_server_that_says_when_it_leaves_is_left_before_it_though_it_sends_nothing_more() -> None:
    old, new = ready("begin r1", "leaving 50"), ready()
    provider = LiveProvider(old, new)
    async with reading(chat(provider).session()) as reader:
        await anyio.sleep(44)
        assert provider.connections == 1
        await anyio.sleep(2)
        assert provider.connections == 2
    assert isinstance(reader.events[-1], Reconnected)


async def test_a_server_that_keeps_sessions_goes_on_where_it_was() -> None:
    old, new = ready("handle h1", "handle h2", "begin r1", "done Hello", "leaving 50"), ready("handle h3")
    provider = LiveProvider(old, new, restores_history=True)
    async with reading(chat(provider).session(Messages.from_user("Hi"))) as reader:
        await anyio.sleep(5)
        assert reader.events[-1] == Reconnected(restored=True)
        assert old.is_closed
        assert new.sent == [{"kind": "setup", "value": "h2"}]


async def test_without_a_valid_handle_the_history_is_sent() -> None:
    old, refusing, new = ready("handle h1"), FakeSocket().push("refused expired"), ready()
    provider = LiveProvider(old, refusing, new, restores_history=True)
    async with reading(chat(provider).session(Messages.from_user("Hi"))) as reader:
        old.push("leaving 50")
        await anyio.sleep(5)
        assert reader.events == [Reconnected(restored=False)]
        assert refusing.is_closed
        assert sent(new) == [("history", [["user", "Hi"]])]
        new.push("handle h2", "handle ", "leaving 50")
        provider.sockets.append(last := ready())
        await anyio.sleep(5)
        assert last.sent[0]["value"] is None


async def test_a_handle_outlives_a_server_that_is_overloaded() -> None:
    old, new = ready("handle h1"), ready()
    provider = LiveProvider(old, Overloaded("busy", status=503, retryable=True), new)
    async with reading(chat(provider).session(Messages.from_user("Hi"))) as reader:
        old.push("leaving 50")
        await anyio.sleep(5)
        assert reader.events == [Reconnected(restored=True)]
        assert new.sent == [{"kind": "setup", "value": "h1"}]


@pytest.mark.parametrize("code", [1000, 1001, 1011, None])
async def test_a_lost_connection_is_an_error_unless_reconnecting_is_wanted(code: int | None) -> None:
    async with reading(chat(LiveProvider(ready("begin r1", "words Hel").close(code))).session()) as reader:
        await settle()
        assert isinstance(reader.error, StreamTruncated)
        assert reader.error.partial.text == "Hel"
    lost, new = ready("begin r1", "words Hel").close(code), ready()
    async with reading(chat(LiveProvider(lost, new)).session(reconnect=True)) as reader:
        await anyio.sleep(5)
        assert reader.error is None
        assert [type(event) for event in reader.events] == [Transcript, Interrupted, Done, Reconnected]
        assert sent(new) == [("history", [["model", "Hel"]])]


async def test_a_response_that_had_not_begun_is_requested_again_and_one_that_had_is_not() -> None:
    old, new = ready(), ready()
    async with reading(chat(LiveProvider(old, new)).session(reconnect=True)) as reader:
        await anyio.sleep(60)
        await reader.session.send("Hi")
        old.close(1011)
        await settle()
        assert sent(new) == [("history", [["user", "Hi"]]), ("respond", None)]


async def test_the_missing_answer_is_requested_from_a_server_that_answers_by_itself() -> None:
    old, new = ready("hears", "heard", "spoke u1"), ready()
    async with reading(chat(LiveProvider(old, new)).session(reconnect=True)):
        old.close(1011)
        await anyio.sleep(5)
        assert sent(new)[1:] == [("respond", None)]
    silent, newer = ready("hears", "heard", "spoke u1"), ready()
    provider = LiveProvider(silent, newer, answers_speech=False)
    async with reading(chat(provider).session(reconnect=True)):
        silent.close(1011)
        await anyio.sleep(5)
        assert len(sent(newer)) == 1


async def test_what_is_sent_while_the_connection_changes_follows_the_history_once() -> None:
    old, new = ready(), FakeSocket()
    async with reading(chat(LiveProvider(old, new)).session(reconnect=True)) as reader:
        await reader.session.send("One", respond=False)
        old.close(None)
        await anyio.sleep(5)
        await reader.session.send("Two")
        await reader.session.send(b"speech")
        new.push("ready")
        await settle()
    assert sent(new) == [
        ("history", [["user", "One"]]),
        ("user", "Two"),
        ("audio", "speech"),
        ("respond", None),
    ]
    assert [m.text for m in reader.session.messages] == ["One", "Two"]


@pytest.mark.parametrize("is_kept", [False, True])
async def test_what_is_sent_into_a_lost_connection_is_sent_over_the_next_one_once(is_kept: bool) -> None:
    old, new = ready(*(["handle h1"] if is_kept else [])), ready()
    async with chat(LiveProvider(old, new)).session(reconnect=True) as session:
        with anyio.move_on_after(1):
            await anext(session)  # the handle is read, and there is no event
        old.close(None)
        await session.send("Hi")
        with anyio.move_on_after(5):
            async for event in session:
                assert event == Reconnected(restored=is_kept)
    assert sent(new) == [("user", "Hi") if is_kept else ("history", [["user", "Hi"]]), ("respond", None)]


async def test_speech_that_no_turn_has_come_of_is_sent_again() -> None:
    old, new = ready(), ready()
    async with reading(chat(LiveProvider(old, new)).session(reconnect=True)) as reader:
        await reader.session.send(b"answered")
        old.push("hears", "spoke u1", "begin r1", "done Yes", "hears")
        await settle()
        await reader.session.send(b"not yet")
        old.close(1001)
        await anyio.sleep(5)
        await reader.session.send(b" said")
    assert sent(new)[1:] == [("audio", "not yet"), ("audio", " said")]


async def test_a_turn_of_push_to_talk_is_sent_again_with_its_end() -> None:
    old, new = ready(), ready()
    provider = LiveProvider(old, new, manual_turns=True, answers_speech=False)
    async with reading(chat(provider).session(reconnect=True)) as reader:
        await reader.session.send(b"gone")
        await reader.session.clear()
        await reader.session.send(b"hello")
        await reader.session.commit()
        old.close(1011)
        await anyio.sleep(5)
    assert sent(new) == [("audio", "hello"), ("commit", None), ("respond", None)]


async def test_a_tool_that_runs_over_the_change_is_answered_with_its_call() -> None:
    going, runs = anyio.Event(), 0

    @tool
    async def work() -> str:
        """Work."""
        nonlocal runs
        runs += 1
        await going.wait()
        return "worked"

    old, new = ready("begin r1", "call c1"), ready()
    async with reading(chat(LiveProvider(old, new), work).session(reconnect=True)) as reader:
        await settle()
        old.close(1011)
        await anyio.sleep(5)
        assert isinstance(reader.events[-1], Reconnected)
        going.set()
        await settle()
    assert sent(new) == [("history", [["model", ""]]), ("earlier results", ["worked"]), ("respond", None)]
    assert runs == 1


async def test_a_tool_that_ends_while_the_connection_changes_is_answered_by_the_history_alone() -> None:
    going = anyio.Event()

    @tool
    async def work() -> str:
        """Work."""
        await going.wait()
        return "worked"

    old, new = ready("begin r1", "call c1"), ready()
    provider = LiveProvider(old, new)
    provider.on_connect = lambda: going.set() if provider.connections else None
    async with reading(chat(provider, work).session(reconnect=True)) as reader:
        await settle()
        new._received.clear()
        old.close(1011)
        await anyio.sleep(1)
        new.push("ready")
        await settle()
    assert sent(new) == [("history", [["model", "[worked]"]]), ("respond", None)]
    assert reader.count(Done) == 1


async def test_a_call_that_waits_for_approval_is_answered_over_the_connection_of_then() -> None:
    @tool
    async def work() -> str:
        """Work."""
        return "worked"

    old, new = ready("begin r1", "call c1"), ready()
    scoped = ScopedCollection([work], lambda call, meta: RequireApproval())
    built = ChatBuilder().with_model(LiveProvider(old, new)).with_scoped_tools(scoped).build()
    async with reading(built.session(reconnect=True)) as reader:
        await settle()
        old.close(1001)
        await anyio.sleep(5)
        [paused] = [event for event in reader.events if isinstance(event, Paused)]
        paused.reason.approvals[0].approve()
        await reader.session.resume()
        await settle()
    assert sent(new)[1:] == [("earlier results", ["worked"]), ("respond", None)]


async def test_reconnecting_is_given_up_after_the_retries_and_says_why() -> None:
    provider = LiveProvider(ready().close(1011))
    async with reading(chat(provider).session(reconnect=True)) as reader:
        await anyio.sleep(60)
        assert isinstance(reader.error, StreamTruncated)
        assert "nobody listens" in str(reader.error)
    assert provider.connections == 3
    refusing = LiveProvider(ready().close(1011), AuthenticationError("key expired", status=401), ready())
    async with reading(chat(refusing).session(reconnect=True)) as reader:
        await anyio.sleep(60)
        assert isinstance(reader.error, StreamTruncated)
        assert "key expired" in str(reader.error)


async def test_a_server_that_closes_each_connection_at_once_is_not_tried_for_ever() -> None:
    provider = LiveProvider(*(ready().close(1007) for _ in range(50)))
    async with reading(chat(provider).session(reconnect=True)) as reader:
        await anyio.sleep(600)
        assert isinstance(reader.error, StreamTruncated)
    leaving = LiveProvider(*(ready("leaving 0") for _ in range(50)))
    async with reading(chat(leaving).session()) as reader:
        await anyio.sleep(600)
        assert isinstance(reader.error, StreamTruncated)
    assert max(provider.connections, leaving.connections) <= 4


async def test_leaving_while_the_connection_changes_closes_what_is_open() -> None:
    old, slow = ready().close(1011), FakeSocket()  # it never takes the settings
    provider = LiveProvider(old, slow)
    async with reading(chat(provider).session(reconnect=True)):
        await anyio.sleep(5)
        assert provider.connections == 2
    assert slow.is_closed


async def test_a_session_that_is_closed_while_the_connection_changes_opens_no_other() -> None:
    old, slow = ready().close(1011), FakeSocket()
    provider = LiveProvider(old, slow, ready())
    async with reading(chat(provider).session(reconnect=True)) as reader:
        await anyio.sleep(5)
        await reader.session.aclose()
        slow.push("ready")
        await anyio.sleep(60)
        assert slow.is_closed
        assert reader.error is None
    assert provider.connections == 2


async def test_an_hour_goes_on_over_six_changes_and_nothing_is_lost() -> None:
    sockets = [ready() for _ in range(7)]
    provider = LiveProvider(*sockets, max_seconds=610.0)
    async with reading(chat(provider).session()) as reader:
        for minute in range(60):
            socket = sockets[provider.connections - 1]
            await reader.session.send(b"\x00" * 48000)
            socket.push("hears", "heard", f"spoke u{minute}")
            await anyio.sleep(20)
            socket.push(f"begin r{minute}", f"transcript u{minute} question {minute}")
            await anyio.sleep(20)
            socket.push(f"done answer {minute}")
            await anyio.sleep(20)
            assert reader.session._link.speech._size <= 96000
    assert provider.connections == 7
    assert reader.count(Reconnected) == 6
    assert reader.count(Interrupted) == 0
    said = [m.text for m in reader.session.messages]
    assert said == [text for minute in range(60) for text in (f"question {minute}", f"answer {minute}")]
    [(kind, turns), *_] = sent(sockets[6])
    assert (kind, len(turns)) == ("history", 108)  # type: ignore[arg-type]


async def test_a_reader_that_comes_back_after_the_end_of_the_connection_goes_on_over_another() -> None:
    old, new = ready("begin r1", "done Hello"), ready()
    provider = LiveProvider(old, new, max_seconds=3600.0)
    async with chat(provider).session() as session:
        await anyio.sleep(3600)
        old.close(1001, "Your session hit the maximum duration of 60 minutes.")
        await anyio.sleep(600)
        with anyio.move_on_after(5):
            events = [type(event) async for event in session]
            assert events == []
        assert [m.text for m in session.messages] == ["Hello"]
    assert provider.connections == 2
