"""Sessions over OpenAI's realtime protocol: what is sent, what is read, what is stored."""

from __future__ import annotations

import json
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatOptions,
    ConfigurationError,
    Defer,
    Done,
    Execute,
    File,
    InvalidRequest,
    Messages,
    Paused,
    ProviderError,
    RequireApproval,
    ScopedCollection,
    StepLimitReached,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCall,
    ToolCalled,
    ToolResult,
    UnresolvedTool,
    tool,
)
from chat_core.realtime import (
    AudioChunk,
    Interrupted,
    RealtimeProvider,
    RealtimeSession,
    SpeechStarted,
    SpeechStopped,
    Transcript,
)
from chat_core.testing import FakeSocket, FakeTransport, ScriptedProvider
from chat_core.types.call_status import AwaitingApproval, Completed, Unknown
from chat_openai.realtime import AZURE, OPENAI, VOICE_LIVE, XAI, Dialect, RealtimeBuilder
from realtime_server import (
    USAGE,
    call,
    client,
    created,
    done,
    message,
    ready,
    spoken,
    turn,
    types,
    until_done,
    words,
)

pytestmark = pytest.mark.anyio
SECOND = b"\x01\x00" * 24000


@tool
async def weather(city: str) -> str:
    """Look up the weather."""
    return f"foggy in {city}"


def session(socket: FakeSocket, messages: Messages | None = None, *tools: Any) -> RealtimeSession:
    return ChatBuilder().with_model(client(socket)).with_tools(list(tools)).build().session(messages)


def approved_session(socket: FakeSocket, messages: Messages, action: Any = None) -> RealtimeSession:
    scoped = ScopedCollection([weather], lambda called, meta: action or RequireApproval("sure?"))
    return ChatBuilder().with_model(client(socket)).with_scoped_tools(scoped).build().session(messages)


async def test_a_text_is_answered_and_both_are_in_the_conversation() -> None:
    socket = ready(*turn("Hello!"))
    messages = Messages.from_system("Be short.")
    async with session(socket, messages) as opened:
        await opened.send("Hi")
        events = await until_done(opened)
    assert events == [TextChunk("Hello!"), events[-1]]
    assert isinstance(events[-1], Done)
    response = events[-1].response
    assert (response.text, response.finish_reason, response.id) == ("Hello!", "stop", "r1")
    assert (response.usage.input_tokens, response.usage.cache_read_tokens) == (10, 4)
    assert response.usage.raw == USAGE
    assert response.model == "gpt-realtime-2-2026"
    assert [(m.role, m.text) for m in messages] == [
        ("system", "Be short."),
        ("user", "Hi"),
        ("model", "Hello!"),
    ]
    assert socket.sent[0]["session"]["instructions"] == "Be short."
    assert types(socket) == ["message", "response.create"]
    assert socket.is_closed


async def test_a_history_is_sent_first_and_nothing_answers_it() -> None:
    messages = Messages.from_user("My name is Ada.")
    messages.append(model_turn := message_of_a_model())
    socket = ready()
    async with session(socket, messages, weather):
        pass
    items: list[Any] = [frame["item"] for frame in socket.sent[1:]]
    assert [item["type"] for item in items] == [
        "message",
        "message",
        "function_call",
        "function_call_output",
    ]
    assert items[1]["content"] == [{"type": "output_text", "text": "Noted."}]
    assert items[3]["output"] == "foggy"
    assert len(messages) == 2
    assert model_turn is messages[1]


def message_of_a_model() -> Any:
    from chat_core import Message

    called = ToolCall("c1", "weather", {"city": "London"})
    called.status = Completed("foggy")
    return Message("model", [Text("Noted."), called])


async def test_speech_goes_in_and_speech_and_transcripts_come_out() -> None:
    socket = ready(
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 20, "item_id": "u1"},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 900, "item_id": "u1"},
        {"type": "input_audio_buffer.committed", "item_id": "u1"},
        created(),
        *spoken(SECOND[:33], "Hi "),
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": "u1",
            "transcript": "Hello there",
        },
        *spoken(SECOND[33:], "Ada"),
        {
            "type": "response.output_audio_transcript.done",
            "response_id": "r1",
            "item_id": "i_r1",
            "transcript": "Hi Ada",
        },
        done("r1", {"id": "i_r1", "type": "message", "content": [{"type": "audio", "transcript": "Hi Ada"}]}),
    )
    async with session(socket) as opened:
        await opened.send(SECOND)
        events = await until_done(opened)
    assert events[:2] == [SpeechStarted(20, "u1"), SpeechStopped(900, "u1")]
    assert [event for event in events if isinstance(event, Transcript)] == [
        Transcript("Hi ", item="i_r1"),
        Transcript("Hello there", "user", final=True, item="u1"),
        Transcript("Ada", item="i_r1"),
        Transcript("Hi Ada", final=True, item="i_r1"),
    ]
    last = events[-1]
    assert isinstance(last, Done)
    assert last.response.text == "Hi Ada"
    assert last.response.files[0].data == SECOND
    assert b"".join(event.data for event in events if isinstance(event, AudioChunk)) == SECOND
    assert [(m.role, m.text) for m in opened.messages] == [("user", "Hello there"), ("model", "Hi Ada")]
    assert opened.messages[1].files == []
    assert types(socket) == ["input_audio_buffer.append"]


async def test_the_models_speech_is_stored_where_that_is_wanted() -> None:
    socket = ready(created(), *spoken(SECOND, "Hi"), done())
    chat = ChatBuilder().with_model(client(socket)).build()
    async with chat.session(keep_audio=True) as opened:
        await opened.respond()
        await until_done(opened)
    [file] = opened.messages[0].files
    assert (file.mimetype, file.data) == ("audio/pcm;rate=24000", SECOND)
    assert Messages.from_json(opened.messages.to_json()) == opened.messages


async def test_results_are_sent_together_after_the_calling_response_and_one_response_is_requested() -> None:
    socket = ready(
        created(), done("r1", call("c1", "weather", '{"city": "A"}'), call("c2", "weather", '{"city": "B"}'))
    )
    async with session(socket, None, weather) as opened:
        await opened.send("Weather?")
        events = await until_done(opened)
        assert [type(event) for event in events] == [ToolCalled, ToolCalled, Done]
        results = [await anext(opened), await anext(opened)]
        socket.push(*turn("Foggy.", "r2"))
        await until_done(opened)
    assert [each.call.status for each in results if isinstance(each, ToolResult)] == [
        Completed("foggy in A"),
        Completed("foggy in B"),
    ]
    assert types(socket) == [
        "message",
        "response.create",
        "function_call_output",
        "function_call_output",
        "response.create",
    ]
    assert [m.role for m in opened.messages] == ["user", "model", "model"]


@pytest.mark.parametrize(
    ("status", "details", "error"),
    [
        ("incomplete", {"status_details": {"reason": "max_output_tokens"}}, "cut at the token limit"),
        ("incomplete", {"status_details": {"reason": "content_filter"}}, "stopped by the provider's filter"),
    ],
)
async def test_a_call_of_a_response_that_is_not_whole_does_not_run(
    status: str, details: dict[str, Any], error: str
) -> None:
    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}'), status=status, **details))
    async with session(socket, None, weather) as opened:
        await opened.respond()
        await until_done(opened)
        result = await anext(opened)
    assert isinstance(result, ToolResult)
    assert error in result.call.outcome()


async def test_a_call_of_an_interrupted_response_does_not_run_and_nothing_answers_it() -> None:
    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}'), status="cancelled"))
    async with session(socket, None, weather) as opened:
        await opened.respond()
        await until_done(opened)
    assert "interrupted; the call was not run" in opened.messages.find_tool("c1").outcome()
    assert types(socket) == ["response.create"]


async def test_a_strategy_that_raises_is_raised_and_resume_tries_again() -> None:
    refusals = [RuntimeError("no database")]

    def strategy(called: ToolCall, meta: object) -> Execute:
        if refusals:
            raise refusals.pop()
        return Execute()

    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}')))
    scoped = ScopedCollection([weather], strategy)
    async with ChatBuilder().with_model(client(socket)).with_scoped_tools(scoped).build().session() as opened:
        await opened.respond()
        await until_done(opened)
        with pytest.raises(RuntimeError, match="no database"):
            await anext(opened)
        await opened.resume()
        result = await anext(opened)
    assert isinstance(result, ToolResult)
    assert result.call.status == Completed("foggy in A")


async def test_a_cancelled_reader_closes_the_connection_and_keeps_what_had_come() -> None:
    socket = ready(created(), words("Hel"))
    messages = Messages()
    with anyio.CancelScope() as scope:
        async with session(socket, messages) as opened:
            await opened.send("Hi")
            async for event in opened:
                assert event == TextChunk("Hel")
                scope.cancel()
    assert socket.is_closed
    assert [(m.text, m.interrupted) for m in messages] == [("Hi", False), ("Hel", True)]


async def test_waiting_for_an_event_can_be_given_up_and_nothing_is_lost() -> None:
    socket = ready()
    async with session(socket) as opened:
        await opened.send("Hi")
        with anyio.move_on_after(0):
            await anext(opened)
        socket.push(*turn("Hello"))
        await until_done(opened)
    assert opened.messages[1].text == "Hello"


async def test_arguments_that_are_no_json_are_answered_to_the_model() -> None:
    socket = ready(created(), done("r1", call("c1", "weather", '{"city": ')))
    async with session(socket, None, weather) as opened:
        await opened.respond()
        await until_done(opened)
        await anext(opened)
    assert "not a JSON object" in json.dumps(socket.sent[-2])


async def test_a_call_that_needs_approval_waits_while_the_session_goes_on_and_is_answered_when_decided() -> (
    None
):
    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}')))
    messages = Messages()
    async with approved_session(socket, messages) as opened:
        await opened.send("Weather?")
        await until_done(opened)
        paused = await anext(opened)
        assert isinstance(paused, Paused)
        [waiting] = paused.reason.approvals
        assert types(socket) == ["message", "response.create"]

        socket.push(*turn("Meanwhile.", "r2"))
        await opened.send("And you?")
        await until_done(opened)

        waiting.approve({"city": "B"})
        await opened.resume()
        result = await anext(opened)
        assert isinstance(result, ToolResult)
        socket.push(*turn("Foggy.", "r3"))
        await until_done(opened)
    assert types(socket)[4:] == ["function_call_output", "response.create"]
    assert "foggy in B" in str(socket.sent[5])
    assert [m.text for m in messages if m.role == "model"] == ["", "Meanwhile.", "Foggy."]


async def test_what_waits_when_the_session_closes_stays_pending_and_a_text_chat_finishes_it() -> None:
    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}')))
    messages = Messages()
    async with approved_session(socket, messages) as opened:
        await opened.send("Weather?")
        await until_done(opened)
        await anext(opened)
    stored = Messages.from_json(messages.to_json())
    assert isinstance(stored.find_tool("c1").status, AwaitingApproval)

    stored.find_tool("c1").approve()
    scoped = ScopedCollection([weather], lambda called, meta: RequireApproval())
    chat = ChatBuilder().with_model(ScriptedProvider(["Foggy."])).with_scoped_tools(scoped).build()
    await chat.resume(stored)
    assert stored.find_tool("c1").status == Completed("foggy in A")
    assert stored[-1].text == "Foggy."


async def test_a_rejected_call_is_answered_with_the_reason() -> None:
    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}')))
    messages = Messages()
    async with approved_session(socket, messages) as opened:
        await opened.respond()
        await until_done(opened)
        await anext(opened)
        messages.find_tool("c1").reject("too costly")
        await opened.resume()
        await anext(opened)
    assert "too costly" in str(socket.sent[-2])
    assert types(socket)[-1] == "response.create"


async def test_a_deferred_call_runs_by_itself_when_its_time_has_come() -> None:
    from datetime import UTC, datetime, timedelta

    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}')))
    soon = Defer(datetime.now(UTC) + timedelta(milliseconds=30))
    async with approved_session(socket, Messages(), soon) as opened:
        await opened.respond()
        await until_done(opened)
        assert isinstance(await anext(opened), Paused)
        result = await anext(opened)
    assert isinstance(result, ToolResult)
    assert result.call.status == Completed("foggy in A")


async def test_leaving_while_a_tool_runs_cancels_it_and_says_that_its_outcome_is_unknown() -> None:
    started = anyio.Event()

    @tool
    async def slow() -> None:
        """Take long."""
        started.set()
        await anyio.sleep_forever()

    socket = ready(created(), done("r1", call("c1", "slow")))
    async with session(socket, None, slow) as opened:
        await opened.respond()
        await until_done(opened)
        await started.wait()
    assert isinstance(opened.messages.find_tool("c1").status, Unknown)


async def test_a_response_that_is_wanted_while_another_is_under_way_is_requested_after_it() -> None:
    socket = ready(created(), words("One"))
    async with session(socket) as opened:
        await opened.send("1")
        assert await anext(opened) == TextChunk("One")
        await opened.send("2")
        assert types(socket) == ["message", "response.create", "message"]
        socket.push(done("r1", message("One")), *turn("Two", "r2"))
        await until_done(opened, 2)
    assert types(socket)[3:] == ["response.create"]
    assert [m.text for m in opened.messages] == ["1", "One", "2", "Two"]


async def test_a_request_that_the_server_refuses_because_it_answers_already_is_made_again_after_it() -> None:
    refused = {
        "type": "error",
        "error": {"code": "conversation_already_has_active_response", "message": "no"},
    }
    socket = ready(created("vad"), refused, words("By itself", "vad"))
    async with session(socket) as opened:
        await opened.send("Hi")
        await anext(opened)
        socket.push(done("vad", message("By itself", "vad")))
        await until_done(opened)
        socket.push(*turn("Hello", "r2"))
        await until_done(opened)
    assert types(socket) == ["message", "response.create", "response.create"]


async def test_interrupt_stops_the_response_and_cuts_its_turn_at_what_was_played() -> None:
    socket = ready(created(), *spoken(SECOND * 2, "one two three four"))
    async with session(socket) as opened:
        await opened.send("Count")
        await anext(opened)
        await anext(opened)
        await opened.interrupt(played_ms=1000)
        socket.push(
            *spoken(SECOND, "five"),
            done(
                "r1",
                {
                    "id": "i_r1",
                    "type": "message",
                    "content": [{"type": "audio", "transcript": "one two thr"}],
                },
                status="cancelled",
                status_details={"reason": "client_cancelled"},
            ),
        )
        events = await until_done(opened)
    assert [type(event) for event in events] == [Interrupted, Done]
    assert opened.messages[1].text == "one two t"
    assert opened.messages[1].interrupted
    cancel, truncate = socket.sent[-2:]
    assert (cancel["type"], cancel["response_id"]) == ("response.cancel", "r1")
    assert (truncate["item_id"], truncate["audio_end_ms"]) == ("i_r1", 1000)


async def test_an_answer_that_was_whole_and_still_playing_is_cut_in_the_conversation_and_at_the_server() -> (
    None
):
    socket = ready(created(), *spoken(SECOND * 2, "0123456789"), done("r1"))
    async with session(socket) as opened:
        await opened.send("Count")
        await until_done(opened)
        assert opened.messages[1].text == "0123456789"
        await opened.interrupt(played_ms=500)
    assert opened.messages[1].text == "01"
    assert opened.messages[1].interrupted
    assert types(socket)[2:] == ["conversation.item.truncate"]


@pytest.mark.parametrize("played", [0, 2000, 9000])
async def test_nothing_is_truncated_where_nothing_or_everything_was_played(played: int) -> None:
    socket = ready(created(), *spoken(SECOND * 2, "0123456789"), done("r1"))
    async with session(socket) as opened:
        await opened.send("Count")
        await until_done(opened)
        await opened.interrupt(played_ms=played)
    assert types(socket)[2:] == []
    assert opened.messages[1].text == ("" if not played else "0123456789")


async def test_when_the_user_speaks_the_server_cancels_and_only_the_truncation_is_sent() -> None:
    started = {"type": "input_audio_buffer.speech_started", "audio_start_ms": 5, "item_id": "u1"}
    socket = ready(created(), *spoken(SECOND * 2, "0123456789"), started)
    async with session(socket) as opened:
        await opened.send("Count")
        for _ in range(3):
            await anext(opened)
        await opened.interrupt(played_ms=1000)
        socket.push(done("r1", status="cancelled"))
        await until_done(opened)
    assert types(socket)[2:] == ["conversation.item.truncate"]
    assert opened.messages[1].text == "01234"


async def test_a_response_that_the_server_cancelled_is_marked_and_noticed() -> None:
    socket = ready(created(), words("Well"), done("r1", message("Well"), status="cancelled"))
    async with session(socket) as opened:
        await opened.send("Hi")
        events = await until_done(opened)
    assert [type(event) for event in events] == [TextChunk, Interrupted, Done]
    assert opened.messages[1].interrupted


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1011, None])
async def test_an_unexpected_close_is_an_error_with_what_had_come(code: int | None) -> None:
    socket = ready(created(), words("Hel"))
    messages = Messages()
    async with session(socket, messages) as opened:
        await opened.send("Hi")
        socket.close(code, "maximum duration")
        with pytest.raises(StreamTruncated, match="maximum duration") as caught:
            await until_done(opened)
        with pytest.raises(StreamTruncated):
            await opened.send("Still there?")
    assert caught.value.partial.text == "Hel"
    assert [(m.text, m.interrupted) for m in messages] == [("Hi", False), ("Hel", True)]


async def test_leaving_early_keeps_the_partial_turn() -> None:
    socket = ready(created(), words("Hel"))
    async with session(socket) as opened:
        await opened.send("Hi")
        await anext(opened)
    assert [(m.text, m.interrupted) for m in opened.messages] == [("Hi", False), ("Hel", True)]


async def test_a_close_in_the_setup_and_refused_settings_raise_at_once() -> None:
    with pytest.raises(StreamTruncated):
        async with session(FakeSocket().close(1011)):
            pass
    refusal = {"type": "error", "error": {"type": "invalid_request_error", "message": "no such voice"}}
    with pytest.raises(InvalidRequest, match="no such voice"):
        async with session(FakeSocket().push({"type": "session.created"}, refusal)):
            pass


async def test_a_refused_handshake_is_the_servers_error() -> None:
    transport = FakeTransport().answer({"error": {"message": "bad key"}}, status=401)
    built = RealtimeBuilder().with_model("m").with_api_key("k").with_transport(transport).build()
    with pytest.raises(AuthenticationError, match="bad key"):
        async with ChatBuilder().with_model(built).build().session():
            pass


async def test_a_refused_input_is_raised_and_the_session_goes_on() -> None:
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "bad image"}}
    socket = ready(error)
    async with session(socket) as opened:
        await opened.send("Look")
        with pytest.raises(InvalidRequest, match="bad image"):
            await anext(opened)
        socket.push(*turn("Hello"))
        await opened.send("Hi")
        await until_done(opened)
    assert types(socket) == ["message", "response.create", "message", "response.create"]


async def test_a_response_that_failed_raises_and_keeps_what_had_come() -> None:
    details = {"status_details": {"error": {"type": "server_error", "message": "overloaded"}}}
    socket = ready(created(), words("Hel"), done("r1", status="failed", **details))
    async with session(socket) as opened:
        await opened.send("Hi")
        await anext(opened)
        with pytest.raises(ProviderError, match="overloaded"):
            await anext(opened)
    assert [(m.text, m.interrupted) for m in opened.messages] == [("Hi", False), ("Hel", True)]


async def test_an_answer_apart_is_no_part_of_the_conversation() -> None:
    socket = ready(created("r1", conversation_id=None), words("spam"), done("r1", message("spam")))
    async with session(socket) as opened:
        await opened.respond("Classify.", metadata={"kind": "check"}, apart=True)
        await until_done(opened)
    assert socket.sent[-1]["response"] == {
        "instructions": "Classify.",
        "metadata": {"kind": "check"},
        "conversation": "none",
    }
    assert len(opened.messages) == 0


async def test_tools_that_never_end_meet_the_limit_of_steps() -> None:
    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}')))
    chat = ChatBuilder().with_model(client(socket)).with_tools([weather]).with_max_steps(1).build()
    async with chat.session() as opened:
        await opened.send("Weather?")
        await until_done(opened)
        await anext(opened)
        with pytest.raises(StepLimitReached):
            await anext(opened)


async def test_push_to_talk_commits_and_requests_and_a_server_that_listens_needs_none() -> None:
    socket = ready()
    manual = client(socket, change=lambda builder: builder.with_turn_detection(None))
    async with ChatBuilder().with_model(manual).build().session() as opened:
        await opened.clear()
        await opened.send(b"\x00\x00")
        await opened.commit()
    assert types(socket) == [
        "input_audio_buffer.clear",
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "response.create",
    ]
    async with session(ready()) as listened:
        with pytest.raises(ConfigurationError, match="with_turn_detection"):
            await listened.commit()


async def test_an_image_is_looked_at_with_the_next_turn_and_other_files_are_refused() -> None:
    socket = ready()
    async with session(socket) as opened:
        await opened.send(File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png"))
        with pytest.raises(ConfigurationError, match="not this document"):
            await opened.send(File.from_bytes(b"%PDF-1.7", "application/pdf"))
        with pytest.raises(ConfigurationError, match="a text, a File or bytes"):
            await opened.send(3)  # type: ignore[arg-type]
    assert types(socket) == ["message"]
    assert len(opened.messages) == 1


async def test_a_conversation_is_in_one_session_at_a_time_and_open_calls_are_decided_before() -> None:
    from chat_core import ConversationConflict, Message

    messages = Messages.from_user("Hi")
    async with session(ready(), messages):
        with pytest.raises(ConversationConflict):
            async with session(ready(), messages):
                pass
    called = ToolCall("c1", "weather", {"city": "A"})
    called.status = AwaitingApproval()
    messages.append(Message("model", [called]))
    with pytest.raises(UnresolvedTool):
        async with session(ready(), messages):
            pass


async def test_a_session_is_used_once_and_says_so() -> None:
    opened = session(ready())
    with pytest.raises(ConfigurationError, match="not open"):
        await opened.send("Hi")
    async with opened:
        pass
    with pytest.raises(ConfigurationError, match="used once"):
        async with opened:
            pass


async def test_closing_from_another_task_ends_the_iteration() -> None:
    async with session(ready()) as opened, anyio.create_task_group() as tasks:
        tasks.start_soon(opened.aclose)
        assert [event async for event in opened] == []


def test_a_client_without_sessions_says_so() -> None:
    with pytest.raises(ConfigurationError, match="has no sessions"):
        ChatBuilder().with_model(ScriptedProvider(["Hi"])).build().session()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("dialect", "options", "refused"),
    [
        (OPENAI, ChatOptions(temperature=1), "temperature"),
        (XAI, ChatOptions(max_tokens=5), "max_tokens"),
        (OPENAI, ChatOptions(tool_choice="nothing"), "no such tool"),
    ],
)
async def test_options_without_a_place_are_refused(
    dialect: Dialect, options: ChatOptions, refused: str
) -> None:
    chat = ChatBuilder().with_model(client(ready(), dialect=dialect)).with_options(options).build()
    with pytest.raises(ConfigurationError, match=refused):
        async with chat.session():
            pass


@pytest.mark.parametrize("dialect", [OPENAI, AZURE, VOICE_LIVE, XAI])
async def test_each_server_gets_its_settings_in_its_own_form(dialect: Dialect) -> None:
    socket = ready()

    def change(builder: RealtimeBuilder[Any]) -> RealtimeBuilder[Any]:
        chosen = builder.with_voice("verse").with_turn_detection("semantic_vad", eagerness="low")
        return chosen.with_transcription(language="de").with_extra_body({"audio": {"extra": 1}})

    built = client(socket, dialect=dialect, change=change)
    assert isinstance(built, RealtimeProvider)
    async with ChatBuilder().with_model(built).build().session():
        pass
    sent: Any = socket.sent[0]["session"]
    detection = {
        "type": "semantic_vad",
        "create_response": True,
        "interrupt_response": True,
        "eagerness": "low",
    }
    heard = {"model": dialect.transcription_model, "language": "de"}
    if dialect.form == "nested":
        assert sent["type"] == "realtime"
        assert sent["output_modalities"] == ["audio"]
        assert sent["audio"]["input"]["turn_detection"] == detection
        assert sent["audio"]["input"]["transcription"] == heard
        assert sent["audio"]["output"]["voice"] == "verse"
        assert sent["audio"]["extra"] == 1
    elif dialect.form == "flat":
        assert sent["modalities"] == ["text", "audio"]
        assert (sent["turn_detection"], sent["input_audio_transcription"]) == (detection, heard)
        assert sent["voice"] == {"name": "verse", "type": "openai"}
    else:
        assert "type" not in sent
        assert (sent["voice"], sent["turn_detection"]) == ("verse", detection)
        assert sent["audio"]["input"]["transcription"] == heard


async def test_the_address_and_the_key_are_those_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_VOICELIVE_API_KEY", "XAI_API_KEY"):
        monkeypatch.setenv(name, "secret")
    for name in ("AZURE_OPENAI_ENDPOINT", "AZURE_VOICELIVE_ENDPOINT"):
        monkeypatch.setenv(name, "https://r.openai.azure.com/openai/v1")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    expected = {
        OPENAI: ("https://api.openai.com/v1/realtime?model=m%2F1", "authorization", "Bearer secret"),
        AZURE: ("https://r.openai.azure.com/openai/v1/realtime?model=m%2F1", "api-key", "secret"),
        VOICE_LIVE: (
            "https://r.openai.azure.com/voice-live/realtime?api-version=2025-10-01&model=m%2F1",
            "api-key",
            "secret",
        ),
        XAI: ("https://api.x.ai/v1/realtime?model=m%2F1", "authorization", "Bearer secret"),
    }
    for dialect, (url, header, value) in expected.items():
        transport = FakeTransport().accept(FakeSocket())
        await RealtimeBuilder(dialect).with_model("m/1").with_transport(transport).build().connect()
        [request] = transport.requests
        assert (request.url, request.headers[header]) == (url, value)


def test_models_of_the_other_protocol_and_outputs_that_a_server_has_not_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="another protocol"):
        RealtimeBuilder().with_model("gpt-live-1").with_api_key("k").build()
    with pytest.raises(ConfigurationError, match="with_model"):
        RealtimeBuilder().with_api_key("k").build()  # type: ignore[misc]


async def test_a_server_that_speaks_only_refuses_text() -> None:
    built = client(ready(), dialect=XAI, change=lambda builder: builder.with_output("text"))
    with pytest.raises(ConfigurationError, match="answers in audio only"):
        async with ChatBuilder().with_model(built).build().session():
            pass


async def test_words_of_the_user_that_a_server_repeats_are_shown_once() -> None:
    def so_far(text: str) -> dict[str, Any]:
        kind = "conversation.item.input_audio_transcription.updated"
        return {"type": kind, "item_id": "u1", "transcript": text}

    socket = ready(so_far("Hel"), so_far("Hello"), so_far("Hello"), so_far("Yellow"), *turn("x"))
    async with session(socket) as opened:
        await opened.respond()
        events = await until_done(opened)
    assert events[:2] == [Transcript("Hel", "user", item="u1"), Transcript("lo", "user", item="u1")]
    assert len([event for event in events if isinstance(event, Transcript)]) == 2


async def test_speech_without_a_transcript_says_so_in_the_conversation() -> None:
    socket = ready({"type": "input_audio_buffer.committed", "item_id": "u1"}, *turn("Hi"))
    async with session(socket) as opened:
        await until_done(opened)
    assert [m.text for m in opened.messages] == ["(The user spoke. There is no transcript.)", "Hi"]


async def test_a_reader_that_does_not_read_bounds_what_is_kept() -> None:
    socket = ready(*[words("x") for _ in range(2000)])
    async with session(socket):
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
        assert len(socket._received) > 1000


async def test_results_that_come_while_the_user_speaks_are_answered_together_with_the_speech() -> None:
    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}')))
    socket.push({"type": "input_audio_buffer.speech_started", "item_id": "u1"})
    async with session(socket, None, weather) as opened:
        await opened.send("Weather?")
        await until_done(opened)
        assert isinstance(await anext(opened), SpeechStarted | ToolResult)
        assert isinstance(await anext(opened), SpeechStarted | ToolResult)
        assert types(socket) == ["message", "response.create", "function_call_output"]
        socket.push(
            {"type": "input_audio_buffer.committed", "item_id": "u1"}, *turn("Foggy, as I said.", "vad")
        )
        await until_done(opened)
        await opened.send("Thanks")
    assert types(socket)[3:] == ["message", "response.create"]


async def test_a_request_that_crosses_with_the_answer_to_speech_is_not_made_again() -> None:
    refused = {
        "type": "error",
        "error": {"code": "conversation_already_has_active_response", "message": "no"},
    }
    socket = ready({"type": "input_audio_buffer.speech_started", "item_id": "u1"})
    async with session(socket) as opened:
        await anext(opened)
        await opened.send("And this")
        socket.push({"type": "input_audio_buffer.committed", "item_id": "u1"}, created("vad"), refused)
        socket.push(words("Both", "vad"), done("vad", message("Both", "vad")))
        await until_done(opened)
    assert types(socket) == ["message", "response.create"]


async def test_what_is_written_during_an_answer_apart_is_in_the_conversation_at_once() -> None:
    socket = ready(created("r1", conversation_id=None), words("spam"))
    async with session(socket) as opened:
        await opened.respond("Classify.", apart=True)
        await anext(opened)
        await opened.send("One", respond=False)
        assert [m.text for m in opened.messages] == ["One"]
        socket.push(done("r1", message("spam")))
        await until_done(opened)
        await opened.send("Two", respond=False)
    assert [m.text for m in opened.messages] == ["One", "Two"]


async def test_a_call_that_was_whole_before_the_interruption_is_answered_and_not_run() -> None:
    socket = ready(created(), words("Let me"))
    async with session(socket, None, weather) as opened:
        await opened.send("Weather?")
        await anext(opened)
        socket.push(done("r1", call("c1", "weather", '{"city": "A"}')))
        await opened.interrupt()
        events = await until_done(opened)
    assert not any(isinstance(event, ToolResult) for event in events)
    assert types(socket)[2:] == ["response.cancel", "function_call_output"]
    assert "interrupted; the call was not run" in str(socket.sent[-1])


async def test_what_was_played_is_of_the_last_speech_that_came() -> None:
    socket = ready(created(), *spoken(SECOND, "one two three four"), done("r1"))
    socket.push(created("r2"), *spoken(b"", "five", "r2")[1:])
    async with session(socket) as opened:
        await opened.respond()
        await until_done(opened)
        assert await anext(opened) == Transcript("five", item="i_r2")
        await opened.interrupt(played_ms=500)
        socket.push(done("r2", message("five six", "r2")))
        await until_done(opened)
    assert [(m.text, m.interrupted) for m in opened.messages] == [("one two t", True)]
    assert types(socket)[1:] == ["response.cancel", "conversation.item.truncate"]
    assert socket.sent[-1]["item_id"] == "i_r1"


async def test_what_the_server_had_sent_before_it_closed_is_read_though_nothing_can_be_sent_any_more() -> (
    None
):
    socket = ready(created(), done("r1", call("c1", "weather", '{"city": "A"}')), *turn("Foggy.", "r2"))
    texts: list[str] = []
    with pytest.raises(StreamTruncated, match="closed the connection: 1000"):
        await collect_texts(session(socket.close(1000), None, weather), texts)
    assert texts == ["", "Foggy."]


async def collect_texts(opened: RealtimeSession, texts: list[str]) -> None:
    async with opened:
        async for event in opened:
            texts += [event.response.text] if isinstance(event, Done) else []


async def test_an_input_with_an_id_is_sent_once_and_says_what_became_of_it() -> None:
    socket = ready(*turn("Hi."))
    chat = ChatBuilder().with_model(client(socket)).build()
    async with chat.session() as session:
        sent = await session.send("Hello.", id="17")
        assert await session.send("Hello.", id="17") is sent
        assert await session.send(b"\0\0") is None
        with pytest.raises(ConfigurationError, match="sent with other content"):
            await session.send("Bye.", id="17")
        await until_done(session)
        await session.cancel()
    assert sent is not None
    assert (sent.id, sent.outcome) == ("17", "delivered")
    assert await sent.wait() == "delivered"
    assert [message.text for message in session.messages if message.role == "user"] == ["Hello."]
    assert types(socket).count("message") == 1
