"""The same chat from plain synchronous code, from threads, and from inside a running loop."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import anyio
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
    EmbeddingsResponse,
    Message,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    ToolCalled,
    TurnEvent,
    Unknown,
    tool,
)
from chat_core.sync import SyncChat
from chat_core.testing import LoopbackServer, Reply, ScriptedProvider


@tool
def add(a: int, b: int) -> int:
    return a + b


class Thinks:
    """A provider that says one word and then thinks for ever; it keeps whether it was closed."""

    model = "thinks"

    def __init__(self) -> None:
        self.thinking, self.closed = threading.Event(), threading.Event()

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        try:
            self.thinking.set()
            await anyio.sleep_forever()
        finally:
            self.closed.set()
        raise AssertionError("it thinks for ever")

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        yield TextChunk("word")
        await self.complete(request)

    async def aclose(self) -> None: ...


def scripted(*lines: Any) -> Any:
    return ChatBuilder().with_model(ScriptedProvider(lines)).with_tools([add]).build()


def test_a_conversation_without_await() -> None:
    messages = Messages.from_user("go")

    with SyncChat(scripted(ToolCall("a", "add", {"a": 1, "b": 1}), "2", "again")) as chat:
        response = chat.complete(messages)
        assert (response.text, messages.find_tool("a").status) == ("2", Completed(2))
        assert chat.complete(messages.add_user("again")).text == "again"

    assert len(messages) == 5


def test_a_pause_is_resumed() -> None:
    scoped = ScopedCollection([add], lambda call, meta: RequireApproval())
    lines = [ToolCall("a", "add", {"a": 1, "b": 1}), "2"]
    chat = ChatBuilder().with_model(ScriptedProvider(lines)).with_scoped_tools(scoped).build()
    messages = Messages.from_user("go")

    with SyncChat(chat) as sync:
        assert isinstance(sync.complete(messages), Paused)
        messages.find_tool("a").approve()
        assert not isinstance(sync.resume(messages), Paused)


def test_a_stream_is_a_for_loop() -> None:
    messages = Messages.from_user("go")

    with SyncChat(scripted("Hello, you there!")) as chat, chat.stream(messages) as events:
        seen = list(events)

    assert [event.text for event in seen[:-1] if isinstance(event, TextChunk)] == [
        "Hello, y",
        "ou there",
        "!",
    ]
    assert isinstance(seen[-1], Done)
    assert seen[-1].response.message is messages[-1]


def test_more_events_than_are_read_ahead_come_in_order() -> None:
    text = "".join(f"{number:07} " for number in range(2000))

    with SyncChat(scripted(text)) as chat, chat.stream(Messages.from_user("go")) as events:
        assert "".join(event.text for event in events if isinstance(event, TextChunk)) == text


def test_embeddings() -> None:
    class Embeds(ScriptedProvider):
        embedding_batch = 100

        async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
            return EmbeddingsResponse((), model=",".join(inputs))

    with SyncChat(ChatBuilder().with_model(Embeds([])).build()) as chat:
        assert chat.embed(["a", "b"]).model == "a,b"


def test_errors_come_through() -> None:
    with SyncChat(scripted(ConnectionFailed("reset"))) as chat:
        with pytest.raises(ConfigurationError, match="there is nothing to send"):
            chat.complete(Messages())


def test_an_error_of_a_stream_comes_after_the_events_before_it() -> None:
    class Breaks(Thinks):
        async def complete(self, request: ChatRequest, /) -> ChatResponse:
            raise ConnectionFailed("reset")

    seen: list[object] = []
    messages = Messages.from_user("go")
    with SyncChat(ChatBuilder().with_model(Breaks()).build()) as chat, chat.stream(messages) as events:
        with pytest.raises(ConnectionFailed, match="reset"):
            seen.extend(events)
        assert next(iter(events), None) is None

    assert seen == [TextChunk("word")]
    assert messages[-1].interrupted


@pytest.mark.parametrize("how", ["break", "raise", "never begin"])
def test_leaving_a_stream_ends_it(how: str) -> None:
    provider = Thinks()
    messages = Messages.from_user("go")

    with SyncChat(ChatBuilder().with_model(provider).build()) as chat:
        with pytest.raises(ZeroDivisionError) if how == "raise" else nullcontext():
            with chat.stream(messages) as events:
                if how == "never begin":
                    provider.thinking.wait(5)
                else:
                    assert next(events) == TextChunk("word")
                    provider.thinking.wait(5)
                if how == "raise":
                    raise ZeroDivisionError
        assert provider.closed.is_set()  # at once, and not only with the block of the chat

    assert messages[-1] == Message("model", [Text("word")], interrupted=True)


def test_outside_its_block_it_tells_the_next_keystroke() -> None:
    chat = SyncChat(scripted("one", "two"))

    with pytest.raises(
        ConfigurationError, match=r"use it inside its block: with SyncChat\(chat\) as chat: \.\.\."
    ):
        chat.complete(Messages.from_user("go"))
    with chat:
        assert chat.complete(Messages.from_user("go")).text == "one"
        with pytest.raises(ConfigurationError, match="already entered"):
            chat.__enter__()
    with pytest.raises(ConfigurationError, match="inside its block"):
        chat.complete(Messages.from_user("go"))
    with chat:  # and it can be entered again
        assert chat.complete(Messages.from_user("go")).text == "two"


def test_inside_a_running_loop() -> None:
    async def notebook_cell() -> str:
        with SyncChat(scripted("hi")) as chat, chat.stream(Messages.from_user("go")) as events:
            return "".join(event.text for event in events if isinstance(event, TextChunk))

    assert asyncio.run(notebook_cell()) == "hi"
    assert anyio.run(notebook_cell, backend="trio") == "hi"


def test_the_calling_thread_does_the_work_and_nothing_runs_between_two_calls() -> None:
    @tool
    async def where() -> str:
        return threading.current_thread().name

    messages = Messages.from_user("go")
    before = threading.active_count()
    with SyncChat(
        ChatBuilder()
        .with_model(ScriptedProvider([ToolCall("w", "where", {}), "done", "streamed"]))
        .with_tools([where])
        .build()
    ) as chat:
        chat.complete(messages)
        with chat.stream(messages.add_user("again")) as events:
            assert isinstance(list(events)[-1], Done)
        assert threading.active_count() == before

    assert messages.find_tool("w").status == Completed(threading.current_thread().name)


def test_each_event_of_a_stream_may_be_taken_in_another_thread() -> None:
    """So do web frameworks that iterate a synchronous generator in their pool of threads."""
    text = "".join(f"{number:07} " for number in range(600))

    with SyncChat(scripted(text, "meanwhile")) as chat, chat.stream(Messages.from_user("go")) as events:
        seen: list[str] = []
        with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
            for number in range(50):
                event = (one, other)[number % 2].submit(next, events).result(5)
                seen += [event.text] if isinstance(event, TextChunk) else []
            response = one.submit(chat.complete, Messages.from_user("between")).result(5)
            seen += [event.text for event in events if isinstance(event, TextChunk)]

    assert "".join(seen) == text
    assert response.text == "meanwhile"


def test_who_waits_goes_on_with_the_loop_when_the_one_before_has_its_answer() -> None:
    class Waits(ScriptedProvider):
        """Answers the first question only after all others, and each when it is released."""

        def __init__(self) -> None:
            super().__init__([])
            self.arrived = [threading.Event() for _ in range(4)]
            self.release = [anyio.Event() for _ in range(4)]

        async def complete(self, request: ChatRequest, /) -> ChatResponse:
            number = int(request.messages[0].text)
            self.arrived[number].set()
            await self.release[number].wait()
            if number:
                self.release[number - 1].set()
            return ChatResponse(Message("model", [Text(str(number))]))

    for order in ([0, 1, 2, 3], [3, 2, 1, 0]):
        provider = Waits()
        chat = ChatBuilder().with_model(provider).build()
        with SyncChat(chat) as sync, ThreadPoolExecutor(4) as pool:
            answers = {}
            for number in order:
                answers[number] = pool.submit(sync.complete, Messages.from_user(str(number)))
                assert provider.arrived[number].wait(5)
            with sync.stream(Messages.from_user("")):
                sync._loop.soon(provider.release[3].set)
                assert [answers[number].result(5).text for number in order] == [str(n) for n in order]


def test_a_wait_for_a_call_on_its_own_loop_says_to_await() -> None:
    @tool
    async def asks() -> str:
        return sync.complete(Messages.from_user("again")).text

    chat = (
        ChatBuilder().with_model(ScriptedProvider([ToolCall("a", "asks", {}), "done"])).with_tools([asks])
    ).build()
    messages = Messages.from_user("go")
    with SyncChat(chat) as sync:
        assert sync.complete(messages).text == "done"

    assert "await the method of the chat instead" in messages.find_tool("a").outcome()


def test_no_time_limit_passes_while_the_consumer_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("time.monotonic", clock)
    with LoopbackServer([Reply("Hello, you.", chunk=3, pause=0.01)]) as server:
        builder = ChatCompletionsBuilder().with_base_url(server.url).with_model("m")
        client = builder.with_timeout(first_event=30, idle=30).build()
        with SyncChat(ChatBuilder().with_model(client).build()) as chat:
            with chat.stream(Messages.from_user("hi")) as events:
                pieces: list[str] = []
                for event in events:
                    clock.ahead += 60
                    pieces += [event.text] if isinstance(event, TextChunk) else []

    assert "".join(pieces) == "Hello, you."


class Clock:
    """A clock that a test puts ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._real = time.monotonic

    def __call__(self) -> float:
        return self._real() + self.ahead


def test_from_several_threads_at_once() -> None:
    barrier = threading.Barrier(4, timeout=5)

    @tool
    def meet(n: int) -> int:
        barrier.wait()  # all four calls are under way at the same time
        return n

    class Counts(ScriptedProvider):
        async def complete(self, request: ChatRequest, /) -> ChatResponse:
            n = int(request.messages[0].text)
            done = request.messages[-1].role == "model"
            return ChatResponse(
                Message("model", [Text(f"{n}!") if done else ToolCall("c", "meet", {"n": n})])
            )

    with (
        SyncChat(ChatBuilder().with_model(Counts([])).with_tools([meet]).build()) as chat,
        ThreadPoolExecutor(4) as pool,
    ):
        conversations = [Messages.from_user(str(n)) for n in range(4)]
        responses = list(pool.map(chat.complete, conversations))

    assert [response.text for response in responses] == ["0!", "1!", "2!", "3!"]
    assert [messages.find_tool("c").status for messages in conversations] == [Completed(n) for n in range(4)]


def test_an_exit_while_a_call_runs_ends_the_call() -> None:
    provider = Thinks()

    def interrupt() -> None:
        provider.thinking.wait(5)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # Ctrl-C

    messages = Messages.from_user("go")
    with SyncChat(ChatBuilder().with_model(provider).build()) as chat:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            chat.complete(messages)
        assert provider.closed.wait(5)  # the block goes on, the call does not

    assert len(messages) == 1


def test_a_signal_wakes_the_thread_that_waits_and_other_waits_are_not_changed() -> None:
    """Without a wakeup descriptor, a Ctrl-C just before the wait for I/O is not seen until that wait ends."""
    descriptors: list[int] = []

    @tool
    async def look() -> None:
        descriptors.append(signal.set_wakeup_fd(-1))
        signal.set_wakeup_fd(descriptors[-1])

    provider = ScriptedProvider([ToolCall("l", "look"), "Done."])
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)
    with SyncChat(ChatBuilder().with_model(provider).with_tools([look]).build()) as chat:
        assert chat.complete(Messages.from_user("go")).text == "Done."

    after = signal.set_wakeup_fd(before)
    assert descriptors[0] not in (-1, before)
    assert after == before


def test_an_exit_through_the_block_ends_everything() -> None:
    provider = Thinks()

    def leave() -> None:
        with (
            SyncChat(ChatBuilder().with_model(provider).build()) as chat,
            chat.stream(Messages.from_user("go")) as events,
        ):
            next(events)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert provider.closed.is_set()


def test_leaving_the_block_ends_what_another_thread_still_runs() -> None:
    provider = Thinks()
    with ThreadPoolExecutor(1) as pool:
        with SyncChat(ChatBuilder().with_model(provider).build()) as chat:
            running = pool.submit(chat.complete, Messages.from_user("go"))
            provider.thinking.wait(5)

        assert provider.closed.is_set()
        with pytest.raises(CancelledError):
            running.result(5)


def test_a_tool_under_way_when_the_stream_is_interrupted_is_unknown() -> None:
    @tool
    async def endless() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # Ctrl-C
        await anyio.sleep_forever()

    provider = ScriptedProvider([ToolCall("e", "endless")])
    messages = Messages.from_user("go")
    with SyncChat(ChatBuilder().with_model(provider).with_tools([endless]).build()) as chat:
        with pytest.raises(KeyboardInterrupt), chat.stream(messages) as events:
            list(events)

    assert messages.find_tool("e").status == Unknown()


@pytest.mark.parametrize("leave_at", [TextChunk, ToolCalled])
def test_no_tool_runs_and_no_turn_begins_that_the_consumer_has_not_reached(leave_at: type[object]) -> None:
    ran: list[str] = []
    provider = ScriptedProvider([[Text("Let me look."), ToolCall("a", "look", {})], "never"])
    looks = tool(name="look")(lambda: ran.append("look"))
    messages = Messages.from_user("go")

    with SyncChat(ChatBuilder().with_model(provider).with_tools([looks]).build()) as chat:
        with chat.stream(messages) as events:
            for event in events:
                if isinstance(event, leave_at):
                    break
        with chat.stream(
            messages.add_user("Stop.")
        ) as events:  # the loop has had time for what it should not do
            list(events)

    assert ran == []
    assert len(provider.requests) == 2
    assert messages.find_tool("a").failed


def test_each_effect_waits_until_the_event_before_it_is_taken() -> None:
    seen: list[str] = []
    lines = [ToolCall("a", "note", {}), ToolCall("b", "note", {}), "done"]
    notes = tool(name="note")(lambda: seen.append("ran"))

    with SyncChat(ChatBuilder().with_model(ScriptedProvider(lines)).with_tools([notes]).build()) as chat:
        with chat.stream(Messages.from_user("go")) as events:
            for event in events:
                seen += [] if isinstance(event, ToolCallChunk | TextChunk) else [type(event).__name__]

    assert seen == ["ToolCalled", "ran", "ToolResult", "ToolCalled", "ran", "ToolResult", "Done"]


def test_forty_tools_that_each_use_an_agent_with_a_tool_all_end() -> None:
    inner_tool = tool(name="inner")(lambda: "inner")

    def agent() -> str:
        lines = [ToolCall("i", "inner", {}), "done"]
        chat = ChatBuilder().with_model(ScriptedProvider(lines)).with_tools([inner_tool]).build()
        with SyncChat(chat) as sync:
            return sync.complete(Messages.from_user("go")).text

    calls = [ToolCall(f"c{number}", "agent", {}) for number in range(60)]
    chat = ChatBuilder().with_model(ScriptedProvider([calls, "end"])).with_tools([tool(agent)]).build()
    messages = Messages.from_user("go")
    with SyncChat(chat) as sync:
        assert sync.complete(messages).text == "end"

    assert {call.outcome() for call in messages.calls} == {"done"}


INTERRUPTED = """
import os, signal, sys, threading, time
import anyio
from chat_core import ChatBuilder, Messages, TextChunk, ToolCall, tool
from chat_core.sync import SyncChat
from chat_core.testing import ScriptedProvider

where, times = sys.argv[1], int(sys.argv[2])

def interrupt():
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGINT)

@tool
def in_a_thread() -> None:
    interrupt()
    time.sleep(30)

@tool
async def on_the_loop() -> None:
    interrupt()
    await anyio.sleep(30)

class Thinks(ScriptedProvider):
    async def complete(self, request):
        interrupt()
        await anyio.sleep(30)
    async def stream(self, request):
        yield TextChunk("word")
        interrupt()
        await anyio.sleep(30)

tools = [in_a_thread, on_the_loop]
is_tool = where in ("in_a_thread", "on_the_loop")
provider = ScriptedProvider([ToolCall("t", where, {}), "done"]) if is_tool else Thinks([])
chat = ChatBuilder().with_model(provider).with_tools(tools).build()
messages = Messages.from_user("go")
try:
    with SyncChat(chat) as sync:
        if where == "entered":
            interrupt()
            time.sleep(30)
        elif where == "streams" or times == 2:
            with sync.stream(messages) as events:
                list(events)
        else:
            sync.complete(messages)
except KeyboardInterrupt:
    left = [thread.name for thread in threading.enumerate() if thread.name != "chat-tool"]
    print(left, [call.status.type for call in messages.calls])
"""


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("where", ["entered", "completes", "streams", "in_a_thread", "on_the_loop"])
def test_ctrl_c_ends_at_once_and_leaves_nothing(where: str, times: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, where, str(times)],
        capture_output=True,
        text=True,
        timeout=25,
        check=False,
    )

    statuses = ["unknown"] if where in ("in_a_thread", "on_the_loop") else []
    assert done.stdout.strip() == f"['MainThread'] {statuses}", done.stderr


def test_a_forked_process_has_to_enter_its_own() -> None:
    program = """
import os, sys
from chat_core import ChatBuilder, ConfigurationError, Messages
from chat_core.sync import SyncChat
from chat_core.testing import ScriptedProvider
chat = ChatBuilder().with_model(ScriptedProvider(["one", "two", "three"])).build()
with SyncChat(chat) as sync:
    sync.complete(Messages.from_user("go"))
    if os.fork() == 0:
        try:
            sync.complete(Messages.from_user("go"))
        except ConfigurationError as error:
            print("child:", error, flush=True)
        with SyncChat(chat) as own:
            print("child:", own.complete(Messages.from_user("go")).text, flush=True)
    else:
        os.wait()
        print("parent:", sync.complete(Messages.from_user("go")).text, flush=True)
print("left", flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=25, check=False
    )

    assert done.stdout.splitlines() == [
        "child: this SyncChat was entered before the process forked: enter one in the new process",
        "child: two",
        "left",
        "parent: two",
        "left",
    ], done.stderr


def test_over_a_real_connection() -> None:
    with LoopbackServer([Reply("Hello!"), Reply("And again!")]) as server:
        client = ChatCompletionsBuilder().with_base_url(server.url).with_model("m").build()
        with SyncChat(ChatBuilder().with_model(client).build()) as chat:
            assert chat.complete(Messages.from_user("hi")).text == "Hello!"
            with chat.stream(Messages.from_user("hi")) as events:
                assert "".join(event.text for event in events if isinstance(event, TextChunk)) == "And again!"
