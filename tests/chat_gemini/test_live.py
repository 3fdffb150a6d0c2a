"""Sessions over the Live API: what is sent, what is read, what is stored."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ConfigurationError,
    Done,
    File,
    InvalidRequest,
    Message,
    Messages,
    NotFound,
    Paused,
    ProviderError,
    RequireApproval,
    ScopedCollection,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    ToolCalled,
    ToolResult,
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
from chat_core.testing import FakeSocket
from chat_core.types.call_status import AwaitingApproval, Completed
from chat_core.types.events import ReasoningChunk
from gemini_live_server import (
    USAGE,
    called,
    client,
    complete,
    content,
    heard,
    push,
    ready,
    sent,
    setup_of,
    speech,
    spoken,
    until_done,
    words,
    written,
)

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


@pytest.fixture(autouse=True)
def short_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns are named by their number alone."""
    monkeypatch.setattr("chat_gemini.live.stream.item_names", lambda: "")


@tool
async def weather(city: str) -> str:
    """Look up the weather."""
    return f"foggy in {city}"


def session(
    socket: FakeSocket, messages: Messages | None = None, *tools: Any, **given: Any
) -> RealtimeSession:
    chat = ChatBuilder().with_model(client(socket, **given)).with_tools(list(tools)).build()
    return chat.session(messages)


def test_a_client_is_a_provider_of_sessions_and_says_what_they_can_do() -> None:
    made = client(FakeSocket())
    assert isinstance(made, RealtimeProvider)
    assert (made.realtime.input_rate, made.realtime.output_rate) == (16000, 24000)
    assert (made.realtime.requests_responses, made.realtime.cancels, made.realtime.truncates) == (False,) * 3
    assert made.realtime.restores_history
    assert (made.capabilities.connection_seconds, made.capabilities.max_audio_seconds) == (600, 900)


async def test_a_text_is_answered_in_speech_and_both_are_in_the_conversation() -> None:
    socket = ready(
        written("Thinking", thought=True), words("Hello"), speech(b"\1\0" * 24), words(" there."), complete()
    )
    messages = Messages.from_system("Be short.")
    async with session(socket, messages) as opened:
        await opened.send("Hi")
        events = await until_done(opened)
    assert events[:-1] == [
        ReasoningChunk("Thinking"),
        Transcript("Hello", item="response-1"),
        AudioChunk(b"\1\0" * 24, "response-1"),
        Transcript(" there.", item="response-1"),
        Transcript("Hello there.", final=True, item="response-1"),
    ]
    assert isinstance(events[-1], Done)
    response = events[-1].response
    assert (response.text, response.reasoning, response.finish_reason) == ("Hello there.", "Thinking", "stop")
    assert response.files[0].data == b"\1\0" * 24
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.raw) == (10, 7, 2, USAGE)
    assert [(m.role, m.text) for m in messages] == [
        ("system", "Be short."),
        ("user", "Hi"),
        ("model", "Hello there."),
    ]
    assert setup_of(socket)["systemInstruction"] == {"parts": [{"text": "Be short."}]}
    turn = {"role": "user", "parts": [{"text": "Hi"}]}
    assert sent(socket) == [{"client_content": {"turns": [turn], "turnComplete": True}}]
    assert socket.is_closed


async def test_a_model_that_writes_is_read_as_text() -> None:
    socket = ready(written("Hel"), written("lo"), complete())
    model = "gemini-robotics-er-2-streaming-preview"
    async with session(socket, model=model) as opened:
        await opened.send("Hi")
        events = await until_done(opened)
    assert events[:-1] == [TextChunk("Hel"), TextChunk("lo")]
    assert setup_of(socket)["generationConfig"] == {"responseModalities": ["TEXT"]}
    assert "outputAudioTranscription" not in setup_of(socket)


async def test_a_history_is_sent_first_and_nothing_answers_it() -> None:
    call = ToolCall("c1", "weather", {"city": "A"})
    call.status = Completed("foggy")
    messages = Messages.from_user("My name is Ada.", File("image/png", PNG))
    messages.append(Message("model", [Text("Noted."), call]))
    socket = ready()
    async with session(socket, messages, weather):
        pass
    [message] = sent(socket)
    assert message["client_content"]["turnComplete"] is False
    [user, model, results] = message["client_content"]["turns"]
    assert [part.keys() for part in user["parts"]] == [{"text"}, {"inlineData"}]
    assert model["parts"][1] == {"functionCall": {"id": "c1", "name": "weather", "args": {"city": "A"}}}
    assert results["parts"][0]["functionResponse"]["response"] == {"output": "foggy"}


async def test_a_model_that_takes_no_calls_in_its_history_gets_them_as_text_with_a_notice() -> None:
    call = ToolCall("c1", "weather", {"city": "A"})
    call.status = Completed("foggy")
    messages = Messages.from_user("Weather?", File("audio/wav", b"RIFF"))
    messages.append(Message("model", [call]))
    socket = ready(*spoken("Foggy."))
    async with session(socket, messages, weather, model="gemini-2.5-flash-native-audio") as opened:
        await opened.respond()
        events = await until_done(opened)
    [history, request] = sent(socket)
    texts = [part["text"] for turn in history["client_content"]["turns"] for part in turn["parts"]]
    assert texts == ["Weather?", '(weather was called with {"city": "A"} and returned: foggy)']
    assert request == {"client_content": {"turnComplete": True}}
    assert isinstance(events[-1], Done)
    assert ["calls of tools" in events[-1].response.notices[at].message for at in (0, 1)] == [False, True]


async def test_speech_goes_in_and_the_words_of_both_are_in_the_conversation() -> None:
    socket = ready(
        {"voiceActivity": {"voiceActivityType": "ACTIVITY_START", "audioOffset": "0.200s"}},
        heard("What is"),
        heard(" up?"),
        {"voiceActivity": {"voiceActivityType": "ACTIVITY_END", "audioOffset": "1.5s"}},
        content(),
        *spoken("Not much."),
    )
    async with session(socket) as opened:
        await opened.send(bytes(320))
        events = await until_done(opened)
    assert events[:6] == [
        SpeechStarted(200, "user-1"),
        Transcript("What is", "user", item="user-1"),
        Transcript(" up?", "user", item="user-1"),
        SpeechStopped(1500, "user-1"),
        Transcript("What is up?", "user", final=True, item="user-1"),
        Transcript("Not much.", item="response-1"),
    ]
    assert [(m.role, m.text) for m in opened.messages] == [("user", "What is up?"), ("model", "Not much.")]
    [message] = sent(socket)
    assert message["realtime_input"]["audio"]["mimeType"] == "audio/pcm;rate=16000"


async def test_without_transcripts_the_conversation_says_that_the_user_spoke() -> None:
    socket = ready(*spoken("Yes."), *spoken("Go on."))
    async with session(socket, change=lambda builder: builder.without_transcription()) as opened:
        await opened.send(bytes(320))
        await until_done(opened)
        await opened.send("And this?")
        await until_done(opened)
    assert [(m.role, m.text) for m in opened.messages] == [
        ("user", "(The user spoke. There is no transcript.)"),
        ("model", "Yes."),
        ("user", "And this?"),
        ("model", "Go on."),
    ]
    assert "inputAudioTranscription" not in setup_of(socket)


async def test_words_of_a_user_who_interrupts_are_the_turn_after_the_answer() -> None:
    socket = ready(
        heard("Tell me."),
        words("Once upon"),
        speech(bytes(48000)),
        heard("Stop"),
        content(interrupted=True),
        complete(),
        heard(" please."),
        *spoken("Sure."),
    )
    async with session(socket) as opened:
        await opened.send(bytes(320))
        events = await until_done(opened, 2)
    assert [type(event) for event in events].count(Interrupted) == 1
    assert [(m.role, m.text, m.interrupted) for m in opened.messages] == [
        ("user", "Tell me.", False),
        ("model", "Once upon", True),
        ("user", "Stop please.", False),
        ("model", "Sure.", False),
    ]


async def test_push_to_talk_marks_the_beginning_and_the_end_of_speech() -> None:
    socket = ready(heard("Hi", finished=True), *spoken("Hello."))
    async with session(socket, change=lambda builder: builder.without_turn_detection()) as opened:
        await opened.send(bytes(320))
        await opened.send(bytes(320))
        await opened.commit()
        await until_done(opened)
    kinds = [next(iter(message["realtime_input"])) for message in sent(socket)]
    assert kinds == ["activityStart", "audio", "audio", "activityEnd"]
    assert setup_of(socket)["realtimeInputConfig"] == {"automaticActivityDetection": {"disabled": True}}
    assert [m.text for m in opened.messages] == ["Hi", "Hello."]


async def test_commit_tells_a_server_that_listens_that_the_microphone_is_off() -> None:
    socket = ready()
    async with session(socket) as opened:
        await opened.send(bytes(320))
        await opened.commit()
        with pytest.raises(ConfigurationError, match="cannot be cleared"):
            await opened.clear()
    assert sent(socket)[1:] == [{"realtime_input": {"audioStreamEnd": True}}]


async def test_frames_of_video_go_at_once_and_the_last_one_goes_with_a_typed_turn_too() -> None:
    socket = ready(*spoken("A cat."))
    async with session(socket) as opened:
        await opened.send(File("image/png", PNG), keep=False)
        await opened.send(File("image/png", PNG + b"2"), keep=False)
        await opened.send("What do you see?")
        await until_done(opened)
        with pytest.raises(ConfigurationError, match="video as frames"):
            await opened.send(File("video/mp4", b"film"))
    [one, two, turn] = sent(socket)
    assert one["realtime_input"]["video"]["mimeType"] == "image/png"
    parts = turn["client_content"]["turns"][0]["parts"]
    assert parts == [{"inlineData": two["realtime_input"]["video"]}, {"text": "What do you see?"}]
    assert [(message.text, message.files) for message in opened.messages] == [
        ("What do you see?", []),
        ("A cat.", []),
    ]


async def test_a_recording_is_sent_as_a_turn_where_the_model_takes_it() -> None:
    recording = File("audio/pcm;rate=16000", bytes(64))
    socket = ready(*spoken("Hello."))
    async with session(socket) as opened:
        await opened.send(recording)
        await until_done(opened)
        with pytest.raises(ConfigurationError, match="takes speech as it is spoken"):
            await opened.send(File("audio/pcm;rate=24000", bytes(64)))
    turn = sent(socket)[0]["client_content"]
    assert turn["turns"][0]["parts"][0]["inlineData"]["mimeType"] == "audio/pcm;rate=16000"
    assert turn["turnComplete"] is True


async def test_a_call_ends_a_response_and_the_answer_to_its_result_is_another() -> None:
    socket = ready(written("Look it up", thought=True), called("f1", "weather", city="London"))
    async with session(socket, None, weather) as opened:
        await opened.send("Weather?")
        events = await until_done(opened)
        result = await anext(opened)
        push(socket, *spoken("Foggy."))
        answer = await until_done(opened)
    kinds = [type(event) for event in events]
    assert kinds == [ReasoningChunk, ToolCallChunk, ToolCalled, Done]
    assert isinstance(result, ToolResult)
    assert result.call.status == Completed("foggy in London")
    assert isinstance(answer[-1], Done)
    assert answer[-1].response.text == "Foggy."
    assert sent(socket)[1:] == [
        {
            "tool_response": {
                "functionResponses": [
                    {"id": "f1", "name": "weather", "response": {"output": "foggy in London"}}
                ]
            }
        }
    ]
    assert [m.role for m in opened.messages] == ["user", "model", "model"]


async def test_a_call_that_the_server_repeats_runs_once() -> None:
    call = called("f1", "weather", city="A")
    socket = ready(call, call, *spoken("Foggy."))
    async with session(socket, None, weather) as opened:
        await opened.send("Weather?")
        await until_done(opened, 2)
    assert len(list(opened.messages.calls)) == 1


async def test_a_call_that_waits_and_that_the_server_has_cancelled_does_not_run() -> None:
    approval = ScopedCollection([weather], lambda call, meta: RequireApproval("sure?"))
    socket = ready(called("f1", "weather", city="A"))
    chat = ChatBuilder().with_model(client(socket)).with_scoped_tools(approval).build()
    async with chat.session() as opened:
        await opened.send("Weather?")
        await until_done(opened)
        assert isinstance(await anext(opened), Paused)
        push(socket, {"toolCallCancellation": {"ids": ["f1"]}}, content(interrupted=True), complete())
        assert await anext(opened) == Interrupted("response-1")
        result = await anext(opened)
        assert isinstance(result, ToolResult)
        assert "the call was not run" in result.call.outcome()
        push(socket, *spoken("Never mind."))
        events = await until_done(opened)
    assert isinstance(events[-1], Done)
    assert events[-1].response.usage.input_tokens == 20  # of the turn that was cut off too
    assert [next(iter(message)) for message in sent(socket)] == ["client_content"]


async def test_the_result_of_a_running_call_that_the_server_has_cancelled_is_stored_and_not_sent() -> None:
    go_on = anyio.Event()

    @tool
    async def slow() -> str:
        """Take long."""
        await go_on.wait()
        return "done"

    socket = ready(called("f1", "slow"))
    async with session(socket, None, slow) as opened:
        await opened.send("Do it")
        await until_done(opened)
        push(socket, {"toolCallCancellation": {"ids": ["f1", "unknown"]}}, *spoken("Never mind."))
        await until_done(opened)
        go_on.set()
        result = await anext(opened)
    assert isinstance(result, ToolResult)
    assert result.call.status == Completed("done")
    assert [next(iter(message)) for message in sent(socket)] == ["client_content"]


async def test_what_waits_when_the_session_closes_stays_pending() -> None:
    approval = ScopedCollection([weather], lambda call, meta: RequireApproval("sure?"))
    socket = ready(called("f1", "weather", city="A"))
    async with (
        ChatBuilder().with_model(client(socket)).with_scoped_tools(approval).build().session() as opened
    ):
        await opened.send("Weather?")
        await until_done(opened)
        await anext(opened)
    assert isinstance(opened.messages.find_tool("f1").status, AwaitingApproval)
    assert Messages.from_json(opened.messages.to_json()) == opened.messages


async def test_an_end_of_the_turn_after_a_call_is_no_response_and_its_usage_counts_with_the_next() -> None:
    socket = ready(called("f1", "weather", city="A"), complete())
    async with session(socket, None, weather, model="gemini-live-2.5-flash") as opened:
        await opened.send("Weather?")
        await until_done(opened)
        await anext(opened)
        push(socket, *spoken("Foggy."))
        events = await until_done(opened)
    assert isinstance(events[-1], Done)
    assert events[-1].response.usage.total_tokens == 30


async def test_a_turn_without_an_answer_is_an_empty_response_that_says_why() -> None:
    socket = ready(complete(turnCompleteReason="PROHIBITED_INPUT_CONTENT"))
    async with session(socket) as opened:
        await opened.send("Something")
        [done] = await until_done(opened)
    assert isinstance(done, Done)
    response = done.response
    assert (response.text, response.finish_reason) == ("", "content_filter")
    assert response.raw_finish_reason == "PROHIBITED_INPUT_CONTENT"
    assert "PROHIBITED_INPUT_CONTENT" in response.notices[0].message
    assert len(opened.messages) == 1


async def test_what_comes_of_an_interrupted_response_is_dropped_and_it_is_cut_at_what_was_played() -> None:
    socket = ready(words("one two three four"), speech(bytes(96000)))
    async with session(socket) as opened:
        await opened.send("Count")
        await anext(opened)
        await anext(opened)
        await opened.interrupt(played_ms=1000)
        push(socket, words(" five"), speech(bytes(4800)), called("f1", "weather", city="A"))
        events = await until_done(opened)
    assert [type(event) for event in events] == [Interrupted, ToolCalled, Done]
    last = opened.messages[-1]
    assert (last.text, last.interrupted) == ("one two t", True)
    assert "interrupted; the call was not run" in opened.messages.find_tool("f1").outcome()
    assert len(sent(socket)) == 1


async def test_words_whose_sounds_have_not_come_were_not_heard() -> None:
    socket = ready(words("one two"))
    async with session(socket) as opened:
        await opened.send("Count")
        await anext(opened)
        await opened.interrupt(played_ms=500)
        push(socket, complete())
        events = await until_done(opened)
    assert isinstance(events[-1], Done)
    assert events[-1].response.message.parts == []
    assert [message.text for message in opened.messages] == ["Count"]


async def test_an_error_of_the_server_is_raised_and_the_session_goes_on() -> None:
    socket = ready(
        words("Hel"), {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}
    )
    async with session(socket) as opened:
        await opened.send("Hi")
        await anext(opened)
        with pytest.raises(ProviderError, match="slow down"):
            await anext(opened)
        push(socket, *spoken("Hello."))
        await until_done(opened)
    assert [(m.text, m.interrupted) for m in opened.messages] == [
        ("Hi", False),
        ("Hel", True),
        ("Hello.", False),
    ]


class Refusing(FakeSocket):
    """A socket whose server closes it when it has read the settings."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__()
        self._ending = code, reason

    async def send(self, message: str | bytes, /) -> None:
        await super().send(message)
        self.close(*self._ending)


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (1007, "Request contains an invalid argument.", InvalidRequest),
        (1008, "models/m is not found for API version v1beta", NotFound),
        (1008, "API key not valid. Please pass a valid API key.", AuthenticationError),
        (1007, "", InvalidRequest),
        (1011, "Internal error encountered.", StreamTruncated),
        (1000, "", StreamTruncated),
    ],
)
async def test_a_session_that_is_closed_before_it_begins_is_the_servers_error(
    code: int, reason: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=reason or str(code)):
        await session(Refusing(code, reason)).__aenter__()


async def test_a_session_that_is_closed_later_is_cut() -> None:
    socket = ready(words("Hel")).close(1007, "a frame that cannot be read")
    async with session(socket) as opened:
        assert await anext(opened) == Transcript("Hel", item="response-1")
        with pytest.raises(StreamTruncated, match="1007 a frame that cannot be read"):
            await anext(opened)


async def test_responses_apart_and_with_instructions_are_refused() -> None:
    socket = ready()
    async with session(socket) as opened:
        with pytest.raises(ConfigurationError, match="no responses apart"):
            await opened.respond("Classify", apart=True)
        await opened.respond()
    assert sent(socket) == [{"client_content": {"turnComplete": True}}]


async def test_files_of_results_are_sent_where_the_model_reads_them_and_described_where_not() -> None:
    @tool
    async def snapshot() -> list[Any]:
        """Look."""
        return [File("image/png", PNG), File("application/pdf", b"%PDF-1")]

    socket = ready(called("f1", "snapshot"))
    async with session(socket, None, snapshot) as opened:
        await opened.send("Look")
        await until_done(opened)
        await anext(opened)
        push(socket, *spoken("I see."))
        events = await until_done(opened)
    [response] = sent(socket)[1]["tool_response"]["functionResponses"]
    assert [part["inlineData"]["mimeType"] for part in response["parts"]] == ["image/png"]
    assert response["response"]["files"] == [
        "(The tool returned a file, document of type application/pdf, which cannot be shown here.)"
    ]
    assert isinstance(events[-1], Done)
    assert "a file that a tool returned was not sent" in events[-1].response.notices[0].message
