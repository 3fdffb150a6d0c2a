"""What a user sends while the model answers: it interrupts, is answered once, and runs no tool twice."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    Cancelled,
    ChatBuilder,
    ChatEvent,
    ChatRequest,
    ChatResponse,
    Completed,
    ConfigurationError,
    ConnectionFailed,
    Done,
    Failed,
    File,
    InputDelivered,
    Message,
    Messages,
    Paused,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    SentInput,
    StructuredChunk,
    StructuredResponse,
    Text,
    TextChunk,
    ToolCall,
    ToolCalled,
    ToolResult,
    TurnEvent,
    Unknown,
    tool,
)
from chat_core.chat.chat_stream import ChatStream
from chat_core.testing import ScriptedProvider
from typing_extensions import TypedDict

sys.path.insert(0, str(Path(__file__).parent))

from held_server import Frames, call_frames, held_server, text_frames

pytestmark = pytest.mark.anyio

WORDS = "Stop, in French please."


class Counter:
    """Tools that count how often they ran."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    def tools(self) -> list[Any]:
        @tool
        async def weather(city: str) -> str:
            """The weather of a city."""
            self.runs.append(f"weather {city}")
            await anyio.lowlevel.checkpoint()
            return f"{city}: rain"

        @tool
        async def tides(city: str) -> str:
            """The tides of a city."""
            self.runs.append(f"tides {city}")
            return f"{city}: low"

        return [weather, tides]


def agent(body: dict[str, Any]) -> Frames:
    """Answer as a model does: call tools first, answer when results are there, answer new words at once."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return text_frames("It rains in Bern, and the tide is low.")
    if last["content"] == WORDS:
        return text_frames("Il pleut à Berne.")
    calls = (("weather", {"city": "Bern"}), ("tides", {"city": "Bern"}))
    return call_frames("I will look at both of them.", *calls)


def consistent(messages: Messages, sent: SentInput) -> None:
    """Hold the conversation against what has to be true of it at any time after its stream."""
    own = [message for message in messages if message is sent.message]
    assert len(own) == (1 if sent.outcome == "delivered" else 0)
    assert all(call.resolved for call in messages.calls)
    assert len({call.id for call in messages.calls}) == len(messages.calls)
    restored = Messages.from_json(messages.to_json())
    assert restored == messages
    assert restored.to_json() == messages.to_json()


def shown_turns(events: list[ChatEvent]) -> list[str]:
    """Return the texts of the turns as a reader saw them."""
    texts = [""]
    for event in events:
        if isinstance(event, TextChunk):
            texts[-1] += event.text
        elif isinstance(event, InputDelivered | ToolCalled) and texts[-1]:
            texts.append("")
    return [text for text in texts if text]


async def events_of_agent(url: str, at: int | None, *, twice: bool = False) -> Any:
    """Run the agent, and send words after the event with this number."""
    counter, messages, sent = Counter(), Messages.from_user("How is Bern?"), None
    client = ChatCompletionsBuilder().with_base_url(url).with_model("m").build()
    chat = ChatBuilder().with_model(client).with_tools(counter.tools()).build()
    seen: list[ChatEvent] = []
    async with client, chat.stream(messages) as events:
        async for event in events:
            if len(seen) == at:
                sent = await events.send(WORDS, id="7")
                if twice:
                    assert await events.send(WORDS, id="7") is sent
            seen.append(event)
    return seen, messages, sent, counter


async def test_words_sent_after_any_event_over_sse_restart_once_and_run_no_tool_twice() -> None:
    async with held_server(agent) as server:
        plain, _, _, counter = await events_of_agent(server.url, None)
        assert sorted(counter.runs) == ["tides Bern", "weather Bern"]
        at_all = len(server.bodies)
        for at in range(len(plain)):
            server.bodies.clear()
            seen, messages, sent, counter = await events_of_agent(server.url, at, twice=True)
            consistent(messages, sent)
            assert max(counter.runs.count(run) for run in [*counter.runs, ""]) <= 1
            assert shown_turns(seen) == [m.text for m in messages if m.role == "model" and m.text]
            assert sum(isinstance(event, Done) for event in seen) == 1
            if at == len(plain) - 1:
                assert sent.outcome == "ended"
                assert len(server.bodies) == at_all
                continue
            assert sent.outcome == "delivered"
            [delivered] = [event for event in seen if isinstance(event, InputDelivered)]
            assert delivered.ids == ("7",)
            asked = [body for body in server.bodies if body["messages"][-1]["content"] == WORDS]
            assert len(asked) == 1
            assert asked == server.bodies[-1:]
            assert messages[-1].text == "Il pleut à Berne."


async def test_words_sent_while_the_server_is_silent_close_its_connection() -> None:
    """At every frame of a turn that calls tools, from another task, while the reader waits."""
    for hold_at in range(len(agent({"messages": [{"role": "user", "content": "?"}]})) - 1):
        async with held_server(agent, hold_at) as server:
            counter, messages = Counter(), Messages.from_user("How is Bern?")
            client = ChatCompletionsBuilder().with_base_url(server.url).with_model("m").build()
            chat = ChatBuilder().with_model(client).with_tools(counter.tools()).build()
            seen: list[ChatEvent] = []
            sent: list[SentInput] = []
            async with client, chat.stream(messages) as events, anyio.create_task_group() as tasks:

                async def interrupt(stream: ChatStream, held: anyio.Event, into: list[SentInput]) -> None:
                    await held.wait()
                    into.append(await stream.send(WORDS))
                    assert await into[0].wait() == "delivered"

                tasks.start_soon(interrupt, events, server.held, sent)
                seen += [event async for event in events]
            with anyio.fail_after(5):
                await server.closed.wait()
            consistent(messages, sent[0])
            assert counter.runs == []
            assert len(server.bodies) == 2
            [delivered] = [event for event in seen if isinstance(event, InputDelivered)]
            assert delivered.interrupted == (messages[1].role == "model")
            assert shown_turns(seen) == [m.text for m in messages if m.role == "model" and m.text]
            assert not [event for event in seen if isinstance(event, ToolCalled | ToolResult)]
            assert isinstance(seen[-1], Done)


class Scripted(ScriptedProvider):
    """Waits before the event with a number of the first turn, until the test goes on."""

    def __init__(self, lines: list[Any], wait_at: int = 10**6) -> None:
        super().__init__(lines)
        self.wait_at = wait_at
        self.waits = anyio.Event()
        self.left: list[str] = []

    async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
        number = len(self.requests)
        at = 0
        async with aclosing(super().stream(given)) as events:
            async for event in events:
                if number == 0 and at == self.wait_at:
                    await self._wait()
                at += 1
                yield event

    async def _wait(self) -> None:
        self.waits.set()
        try:
            await anyio.sleep_forever()
        except BaseException as error:
            self.left.append(type(error).__name__)
            raise


async def test_a_burst_from_several_tasks_is_answered_together_by_one_request() -> None:
    provider = Scripted(["A long story of ships.", "Short, then."], wait_at=2)
    messages = Messages.from_user("Tell me something.")
    chat = ChatBuilder().with_model(provider).build()
    sent: dict[str, SentInput] = {}
    async with chat.stream(messages) as events, anyio.create_task_group() as tasks:

        async def send(text: str) -> None:
            await provider.waits.wait()
            sent[text] = await events.send(text, id=text)
            assert await sent[text].wait() == "delivered"

        for text in ("shorter", "without ships", "please"):
            tasks.start_soon(send, text)
        seen = [event async for event in events]
    [delivered] = [event for event in seen if isinstance(event, InputDelivered)]
    assert sorted(delivered.ids) == ["please", "shorter", "without ships"]
    assert delivered.interrupted
    assert len(provider.requests) == 2
    assert [message.text for message in messages] == [
        "Tell me something.",
        "A long story of ",
        *delivered.ids,
        "Short, then.",
    ]
    assert messages[1].interrupted
    assert len(provider.left) == 1


async def test_a_tool_that_runs_is_waited_for_and_one_that_has_not_begun_does_not_run() -> None:
    started, finish, ran = anyio.Event(), anyio.Event(), list[str]()

    @tool(sequential=True)
    async def delete(name: str) -> str:
        """Delete a file."""
        ran.append(name)
        started.set()
        await finish.wait()
        return f"{name} is deleted"

    calls = [ToolCall("d1", "delete", {"name": "a"}), ToolCall("d2", "delete", {"name": "b"})]
    provider = ScriptedProvider([calls, "I kept b."])
    messages = Messages.from_user("Delete a and b.")
    chat = ChatBuilder().with_model(provider).with_tools([delete]).build()
    async with chat.stream(messages) as events, anyio.create_task_group() as tasks:

        async def interrupt() -> None:
            await started.wait()
            sent = await events.send("Wait! Keep b.")
            assert sent.outcome is None
            finish.set()
            assert await sent.wait() == "delivered"

        tasks.start_soon(interrupt)
        seen = [event async for event in events]
    assert ran == ["a"]
    assert messages.find_tool("d1").status == Completed("a is deleted")
    assert messages.find_tool("d2").status == Failed("The conversation went on before delete was run.")
    results = [event.call.id for event in seen if isinstance(event, ToolResult)]
    assert results == ["d1", "d2"]
    assert [message.text for message in messages[2:]] == ["Wait! Keep b.", "I kept b."]
    [delivered] = [event for event in seen if isinstance(event, InputDelivered)]
    assert not delivered.interrupted


async def test_a_call_that_waits_for_a_free_place_of_its_tool_does_not_run_either() -> None:
    started, finish, ran = anyio.Event(), anyio.Event(), list[str]()

    @tool(max_concurrency=1)
    async def upload(name: str) -> str:
        """Upload a file."""
        ran.append(name)
        started.set()
        await finish.wait()
        return "done"

    calls = [ToolCall("u1", "upload", {"name": "a"}), ToolCall("u2", "upload", {"name": "b"})]
    messages = Messages.from_user("Upload a and b.")
    chat = ChatBuilder().with_model(ScriptedProvider([calls, "Fine."])).with_tools([upload]).build()
    async with chat.stream(messages) as events, anyio.create_task_group() as tasks:

        async def interrupt() -> None:
            await started.wait()
            await events.send("Enough.")
            finish.set()

        tasks.start_soon(interrupt)
        seen = [event async for event in events]
    assert len(ran) == 1
    assert sorted(call.status.type for call in messages.calls) == ["completed", "failed"]
    assert isinstance(seen[-1], Done)


async def test_a_call_that_a_person_has_approved_runs_although_words_were_sent() -> None:
    ran: list[str] = []

    @tool
    def pay(amount: int) -> str:
        """Pay."""
        ran.append(f"paid {amount}")
        return "paid"

    provider = ScriptedProvider([ToolCall("p1", "pay", {"amount": 3}), "Paid, and noted."])
    scoped = ScopedCollection([pay], lambda call, meta: RequireApproval())
    chat = ChatBuilder().with_model(provider).with_scoped_tools(scoped).build()
    messages = Messages.from_user("Pay 3.")
    async with chat.stream(messages) as events:
        assert isinstance([event async for event in events][-1], Paused)
    messages.find_tool("p1").approve()
    async with chat.stream(messages) as events:
        sent = await events.send("And note it.")
        seen = [event async for event in events]
    assert ran == ["paid 3"]
    assert sent.outcome == "delivered"
    assert isinstance(seen[-1], Done)
    assert messages[-2].text == "And note it."


async def test_words_for_a_stream_that_pauses_are_not_delivered() -> None:
    @tool
    def pay() -> str:
        """Pay."""
        return "paid"

    async def strategy(call: ToolCall, meta: object) -> RequireApproval:
        sent.append(await streams[0].send("Also note it."))
        return RequireApproval()

    sent: list[SentInput] = []
    streams: list[ChatStream] = []
    scoped = ScopedCollection([pay], strategy)
    provider = ScriptedProvider([ToolCall("p1", "pay", {})])
    chat = ChatBuilder().with_model(provider).with_scoped_tools(scoped).build()
    messages = Messages.from_user("Pay.")
    async with chat.stream(messages) as events:
        streams.append(events)
        seen = [event async for event in events]
        late = await events.send("Hello?")
    assert isinstance(seen[-1], Paused)
    assert [sent[0].outcome, late.outcome] == ["paused", "paused"]
    assert len(messages) == 2
    assert [call.id for call in messages.pending] == ["p1"]


async def test_words_sent_before_the_first_event_go_with_the_first_request() -> None:
    provider = ScriptedProvider(["Hello to both."])
    messages = Messages.from_user("Hello.")
    async with ChatBuilder().with_model(provider).build().stream(messages) as events:
        sent = await events.send("And to you.", File.from_bytes(b"\x89PNG", "image/png"))
        seen = [event async for event in events]
    assert isinstance(seen[0], InputDelivered)
    assert sent.outcome == "delivered"
    assert len(provider.requests) == 1
    assert [len(message.parts) for message in provider.requests[0].messages] == [1, 2]


async def test_a_whole_turn_is_kept_where_words_come_right_behind_it() -> None:
    """Words that come while the last turn is stored: it stays whole, and is followed by another one."""
    provider = ScriptedProvider(["One.", "Two."])
    saved: list[int] = []
    streams: list[ChatStream] = []

    async def save(messages: Messages) -> None:
        saved.append(len(messages))
        if len(messages) == 2:
            await streams[0].send("More.")

    messages = Messages.from_user("Count.")
    chat = ChatBuilder().with_model(provider).with_checkpoint(save).build()
    async with chat.stream(messages) as events:
        streams.append(events)
        seen = [event async for event in events]
    assert [message.text for message in messages] == ["Count.", "One.", "More.", "Two."]
    assert not any(message.interrupted for message in messages)
    [delivered] = [event for event in seen if isinstance(event, InputDelivered)]
    assert not delivered.interrupted
    assert sum(isinstance(event, Done) for event in seen) == 1
    assert saved == [2, 3, 4]


async def test_what_is_delivered_is_stored_before_the_model_is_called() -> None:
    provider = ScriptedProvider(["A long answer.", "Short."])
    saved: list[str] = []

    def save(messages: Messages) -> None:
        saved.append(messages.to_json())

    messages = Messages.from_user("Hello.")
    chat = ChatBuilder().with_model(provider).with_checkpoint(save).build()
    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, TextChunk) and len(provider.requests) == 1:
                await events.send("Shorter.")
            if isinstance(event, InputDelivered):
                stored = Messages.from_json(saved[-1])
                assert [message.text for message in stored] == ["Hello.", "A long a", "Shorter."]
                assert len(provider.requests) == 1
    assert Messages.from_json(saved[-1]) == messages


async def test_a_stream_that_fails_or_is_left_says_so_of_what_waits() -> None:
    provider = ScriptedProvider([ConnectionFailed("no route"), "One, two, three."])
    chat = ChatBuilder().with_model(provider).with_retry(RetryPolicy(0)).build()
    async with chat.stream(Messages.from_user("Hello.")) as events:
        first = await events.send("Anyone?")
        with pytest.raises(ConnectionFailed):
            _ = [event async for event in events if not isinstance(event, InputDelivered)]
        late = await events.send("Still there?")
    async with chat.stream(Messages.from_user("Count.")) as events:
        await anext(aiter(events))
        second = await events.send("Faster.")
    assert [first.outcome, late.outcome, second.outcome] == ["delivered", "failed", "left"]
    async with chat.stream(Messages.from_user("Never read.")) as events:
        third = await events.send("Hello?")
    assert third.outcome == "left"
    assert (await events.send("Anyone?")).outcome == "left"


async def test_cancel_ends_the_stream_with_what_had_come() -> None:
    provider = Scripted(["A long story of ships."], wait_at=2)
    messages = Messages.from_user("Tell me a story.")
    chat = ChatBuilder().with_model(provider).build()
    async with chat.stream(messages) as events, anyio.create_task_group() as tasks:

        async def stop() -> None:
            await provider.waits.wait()
            await events.cancel()

        tasks.start_soon(stop)
        seen = [event async for event in events]
        late = await events.send("Hello?")
    assert isinstance(seen[-1], Cancelled)
    assert seen[-1].response.text == "A long story of "
    assert seen[-1].response.message is messages[-1]
    assert [message.interrupted for message in messages] == [False, True]
    assert late.outcome == "cancelled"
    assert '"type":"cancelled"' in seen[-1].to_json()


async def test_cancel_between_two_events_takes_effect_with_the_next_one() -> None:
    provider = ScriptedProvider(["A long story of ships.", "never asked"])
    messages = Messages.from_user("Tell me a story.")
    async with ChatBuilder().with_model(provider).build().stream(messages) as events:
        waiting = None
        seen: list[ChatEvent] = []
        async for event in events:
            seen.append(event)
            if waiting is None:
                waiting = await events.send("Shorter.")
                await events.cancel()
    assert [type(event) for event in seen] == [TextChunk, Cancelled]
    assert waiting is not None
    assert waiting.outcome == "cancelled"
    assert len(messages) == 2


async def test_cancel_before_anything_has_come_ends_in_an_empty_turn() -> None:
    provider = Scripted(["never shown"], wait_at=0)
    messages = Messages.from_user("Hello.")
    async with ChatBuilder().with_model(provider).build().stream(messages) as events:
        async with anyio.create_task_group() as tasks:

            async def stop() -> None:
                await provider.waits.wait()
                await events.cancel()

            tasks.start_soon(stop)
            [cancelled] = [event async for event in events]
    assert isinstance(cancelled, Cancelled)
    assert cancelled.response.message == Message("model", interrupted=True)
    assert len(messages) == 1


@pytest.mark.parametrize("reports_progress", [False, True])
async def test_cancel_ends_a_tool_that_runs_whose_effect_is_then_unknown(reports_progress: bool) -> None:
    started = anyio.Event()

    if reports_progress:

        @tool
        async def send_mail(to: str) -> AsyncGenerator[str]:
            """Send a mail."""
            started.set()
            await anyio.sleep_forever()
            yield "sent"
    else:

        @tool
        async def send_mail(to: str) -> str:
            """Send a mail."""
            started.set()
            await anyio.sleep_forever()
            return "sent"

    provider = ScriptedProvider([ToolCall("m1", "send_mail", {"to": "b"}), "Fine."])
    messages = Messages.from_user("Send it.")
    chat = ChatBuilder().with_model(provider).with_tools([send_mail]).build()
    async with chat.stream(messages) as events, anyio.create_task_group() as tasks:

        async def stop() -> None:
            await started.wait()
            await events.cancel()

        tasks.start_soon(stop)
        seen = [event async for event in events]
    assert isinstance(seen[-1], Cancelled)
    assert seen[-1].response.tool_calls == messages.calls[-1:] or [*seen[-1].response.tool_calls] == [
        *messages.calls
    ]
    assert messages.find_tool("m1").status == Unknown()
    messages.close_open_calls()
    messages.add_user("Never mind.")
    assert (await chat.complete(messages)).text == "Fine."


async def test_a_save_that_has_begun_is_not_cut_by_cancel() -> None:
    saving, go_on, saved = anyio.Event(), anyio.Event(), list[str]()

    @tool
    def note(text: str) -> str:
        """Note."""
        return "noted"

    async def save(messages: Messages) -> None:
        if messages.calls and messages.calls[0].status.type == "running":
            saving.set()
            await go_on.wait()
        saved.append(messages.calls[0].status.type if messages.calls else "")

    provider = ScriptedProvider([ToolCall("n1", "note", {"text": "x"})])
    messages = Messages.from_user("Note x.")
    chat = ChatBuilder().with_model(provider).with_tools([note]).with_checkpoint(save).build()
    async with chat.stream(messages) as events, anyio.create_task_group() as tasks:

        async def stop() -> None:
            await saving.wait()
            await events.cancel()
            go_on.set()

        tasks.start_soon(stop)
        seen = [event async for event in events]
    assert isinstance(seen[-1], Cancelled)
    assert "running" in saved
    assert Messages.from_json(messages.to_json()).to_json() == messages.to_json()


async def test_the_cancellation_of_the_task_itself_is_not_taken_for_an_input() -> None:
    provider = Scripted(["A long story of ships.", "never asked"], wait_at=1)
    messages = Messages.from_user("Hello.")
    chat = ChatBuilder().with_model(provider).build()
    outcomes: list[SentInput] = []
    with anyio.CancelScope() as scope:
        async with chat.stream(messages) as events, anyio.create_task_group() as tasks:

            async def both() -> None:
                await provider.waits.wait()
                outcomes.append(await events.send("Shorter."))
                scope.cancel()

            tasks.start_soon(both)
            _ = [event async for event in events]
    assert scope.cancelled_caught
    consistent(messages, outcomes[0])
    assert [message.text for message in messages][:2] == ["Hello.", "A long s"]
    assert len(provider.requests) == 1
    await anyio.lowlevel.checkpoint()  # nothing of the cancellation is left


async def test_typed_output_begins_anew_and_fits_in_the_end() -> None:
    class Answer(TypedDict):
        city: str

    provider = ScriptedProvider(['{"city": "Ber', '{"city": "Basel"}'])
    chat = ChatBuilder().with_model(provider).with_structured_output(Answer).build()
    seen: list[Any] = []
    async with chat.stream(Messages.from_user("Which city?")) as events:
        async for event in events:
            if not seen:
                await events.send("Not Bern.")
            seen.append(event)
    at = [type(event) for event in seen].index(InputDelivered)
    assert seen[at + 1] == StructuredChunk(None)
    assert isinstance(seen[-1], Done)
    assert isinstance(seen[-1].response, StructuredResponse)
    assert seen[-1].response.value == {"city": "Basel"}


async def test_each_input_begins_a_new_count_of_steps() -> None:
    @tool
    def look() -> str:
        """Look."""
        return "nothing"

    turns = [ToolCall(f"l{number}", "look", {}) for number in range(6)]
    provider = ScriptedProvider([*turns, "Nothing there."])
    chat = ChatBuilder().with_model(provider).with_tools([look]).with_max_steps(2).build()
    async with chat.stream(Messages.from_user("Look.")) as events:
        async for event in events:
            if isinstance(event, ToolResult):
                await events.send("Again.")
    assert len(provider.requests) == 7


async def test_usage_of_a_turn_that_was_cut_off_is_reported_as_missing() -> None:
    provider = ScriptedProvider(["A long story.", "Short."])
    done: list[ChatResponse] = []
    async with ChatBuilder().with_model(provider).build().stream("Hello.") as events:
        async for event in events:
            if isinstance(event, TextChunk) and len(provider.requests) == 1:
                await events.send("Shorter.")
            if isinstance(event, Done):
                done.append(event.response)
    assert done[0].total_usage.input_tokens == 10
    assert [notice.about for notice in done[0].notices] == ["usage"]


async def test_middleware_may_send_from_within_the_turn() -> None:
    streams: list[ChatStream] = []

    async def hurried(request: ChatRequest, next: Any) -> AsyncGenerator[TurnEvent]:
        async for event in next(request):
            if isinstance(event, TextChunk) and len(provider.requests) == 1:
                await streams[0].send("Shorter.", id="from middleware")
            yield event

    provider = ScriptedProvider(["A long story.", "Short."])
    chat = ChatBuilder().with_model(provider).with_middleware(hurried).build()
    messages = Messages.from_user("Hello.")
    async with chat.stream(messages) as events:
        streams.append(events)
        seen = [event async for event in events]
    await anyio.lowlevel.checkpoint()
    assert [message.text for message in messages] == ["Hello.", "A long s", "Shorter.", "Short."]
    assert isinstance(seen[-1], Done)


async def test_what_is_no_message_of_a_user_is_refused_with_what_to_do() -> None:
    async with ChatBuilder().with_model(ScriptedProvider(["Hi."])).build().stream("Hello.") as events:
        given: list[tuple[tuple[Any, ...], Any, str]] = [
            ((), None, "pass a text or a File"),
            ((b"abc",), None, "File.from_bytes"),
            ((ToolCall("c", "x", {}),), None, "call.approve()"),
            (("a",), 7, 'such as id="7"'),
            (("a",), "", 'such as id="7"'),
        ]
        for parts, id, instead in given:
            with pytest.raises(ConfigurationError, match=instead.replace("(", r"\(").replace(")", r"\)")):
                await events.send(*parts, id=id)
        await events.send("a", id="1")
        with pytest.raises(ConfigurationError, match="sent with other content"):
            await events.send("b", id="1")
        again = await events.send("a", id="1")
        assert repr(again) == "SentInput(id='1', outcome=None)"
        assert [type(event) for event in [event async for event in events]] == [
            InputDelivered,
            TextChunk,
            Done,
        ]


async def test_words_end_the_pause_before_a_request_is_tried_again() -> None:
    provider = ScriptedProvider([ConnectionFailed("no route"), "Here I am."])
    policy = RetryPolicy(max_retries=1, base_delay=600.0, max_delay=600.0)
    chat = ChatBuilder().with_model(provider).with_retry(policy).build()
    messages = Messages.from_user("Hello?")
    with anyio.fail_after(5):
        async with chat.stream(messages) as events, anyio.create_task_group() as tasks:

            async def send() -> None:
                while not provider.requests:
                    await anyio.lowlevel.checkpoint()
                await events.send("Anyone?")

            tasks.start_soon(send)
            seen = [event async for event in events]
    assert isinstance(seen[0], InputDelivered)
    assert not seen[0].interrupted
    assert len(provider.requests) == 2
    assert [message.text for message in messages] == ["Hello?", "Anyone?", "Here I am."]


async def test_middleware_around_a_call_sees_what_was_delivered_and_the_end() -> None:
    seen: list[str] = []

    class Watching:
        async def wrap_run(self, run: Any, next: Any) -> AsyncGenerator[ChatEvent]:
            async with aclosing(next(run)) as events:
                async for event in events:
                    seen.append(type(event).__name__)
                    yield event

    provider = ScriptedProvider(["A long story.", "Short and good."])
    chat = ChatBuilder().with_model(provider).with_middleware(Watching()).build()
    async with chat.stream(Messages.from_user("Hello.")) as events:
        async for event in events:
            if len(provider.requests) == 1 and isinstance(event, TextChunk):
                await events.send("Shorter.")
            elif isinstance(event, TextChunk):
                await events.cancel()
    assert seen == ["TextChunk", "InputDelivered", "TextChunk", "Cancelled"]


@pytest.mark.parametrize("is_input", [True, False])
async def test_a_turn_that_was_cut_off_earlier_is_not_taken_for_one_that_has_not_begun(
    is_input: bool,
) -> None:
    provider = Scripted(["never shown", "Here I am."], wait_at=0)
    messages = Messages.from_user("Hello?").append(Message("model", [Text("He")], interrupted=True))
    async with ChatBuilder().with_model(provider).build().stream(messages) as events:
        async with anyio.create_task_group() as tasks:

            async def act() -> None:
                await provider.waits.wait()
                await (events.send("Anyone?", id="1") if is_input else events.cancel())

            tasks.start_soon(act)
            first, *_ = [event async for event in events]
    if is_input:
        assert first == InputDelivered(("1",), interrupted=False)
    else:
        assert isinstance(first, Cancelled)
        assert first.response.message == Message("model", interrupted=True)
