"""Google's own SDK as a judge of sessions: against one scripted server both send and read the same."""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatRequest,
    Done,
    File,
    Message,
    Messages,
    ReasoningChunk,
    Text,
    Tool,
    ToolCall,
    ToolCallChunk,
    ToolDefinition,
)
from chat_core.realtime import (
    AudioChunk,
    AudioInput,
    Commit,
    History,
    Interrupted,
    Respond,
    ToolResults,
    Transcript,
    UserMessage,
)
from chat_core.types.call_status import Completed
from chat_gemini.live import LiveBuilder
from chat_gemini.live.codec import LiveCodec
from gemini_live_server import called, client, complete, content, heard, speech, words, written
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the SDK's own dependencies
    genai = pytest.importorskip("google.genai")
    from google.genai import live, types

pytestmark = pytest.mark.anyio
MODEL = "gemini-2.5-flash-native-audio-latest"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ANSWER = "It is foggy and 12 degrees in London."
TOOL_ROUND = [
    [{"setupComplete": {}}],
    [written("I look it up.", thought=True), called("f1", "get_weather", city="London")],
    [words("It is"), speech(b"\1\0" * 40), words(" foggy."), content(generationComplete=True), complete()],
]
INTERRUPTED = [
    [{"setupComplete": {}}],
    [
        words("One two"),
        speech(b"\2\0" * 40),
        heard("Stop"),
        content(interrupted=True),
        complete(),
    ],
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the SDK runs on nothing else


@dataclass
class Server:
    """A server that sends a part of its script after the settings, and after each message of some kinds."""

    script: list[list[dict[str, Any]]]
    received: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    async def talk(self, connection: ServerConnection) -> None:
        parts = iter(self.script)
        async for message in connection:
            received = json.loads(message)
            self.received.append(received)
            for answer in next(parts, []):
                await connection.send(json.dumps(answer).encode())


@asynccontextmanager
async def served(script: list[list[dict[str, Any]]]) -> AsyncIterator[Server]:
    server = Server(script)
    async with serve(server.talk, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        server.url = f"http://127.0.0.1:{port}"
        yield server


@dataclass
class Read:
    """What a session brought."""

    words: str = ""
    thoughts: str = ""
    speech: bytes = b""
    calls: list[tuple[str | None, str | None, object]] = field(default_factory=list)
    heard: str = ""
    interruptions: int = 0
    tokens: int | None = None


async def by_sdk(server: Server, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Play the session with the SDK. It knows TLS only, so the scheme of its address is changed."""

    def plain(uri: str, additional_headers: dict[str, str], **_: object) -> object:
        return connect(uri.replace("wss:", "ws:"), additional_headers=additional_headers)

    monkeypatch.setattr(live, "ws_connect", plain)
    options = types.HttpOptions(base_url=server.url, api_version="v1beta")
    function = types.FunctionDeclaration(name="get_weather", description="Look it up.", parameters=SCHEMA)
    config = types.LiveConnectConfig(
        response_modalities=["AUDIO"],
        system_instruction="Be short.",
        tools=[types.Tool(function_declarations=[function])],
        input_audio_transcription={},
        output_audio_transcription={},
        session_resumption={},
    )
    read = Read()
    made = genai.Client(api_key="test-key", http_options=options)
    async with made.aio.live.connect(model=MODEL, config=config) as session:
        turn = types.Content(role="user", parts=[types.Part(text="Weather in London?")])
        await session.send_client_content(turns=turn, turn_complete=True)
        async for message in session.receive():
            _take(read, message)
            if message.tool_call:
                answers = [
                    types.FunctionResponse(id=call.id, name=call.name, response={"output": ANSWER})
                    for call in message.tool_call.function_calls
                ]
                await session.send_tool_response(function_responses=answers)
    return read


def _take(read: Read, message: Any) -> None:
    said = message.server_content
    if message.usage_metadata:
        read.tokens = message.usage_metadata.prompt_token_count
    if message.tool_call:
        read.calls += [(call.id, call.name, call.args) for call in message.tool_call.function_calls]
    if said is None:
        return
    read.interruptions += bool(said.interrupted)
    read.heard += (said.input_transcription.text or "") if said.input_transcription else ""
    read.words += (said.output_transcription.text or "") if said.output_transcription else ""
    for part in said.model_turn.parts if said.model_turn else ():
        read.speech += part.inline_data.data if part.inline_data else b""
        read.thoughts += part.text if part.text and part.thought else ""


async def by_us(server: Server) -> Read:
    async def answer(**arguments: object) -> str:
        return ANSWER

    read = Read()
    builder = LiveBuilder().with_model(MODEL).with_base_url(server.url).with_api_key("test-key")
    async with builder.build() as made:
        chat = ChatBuilder().with_model(made).with_tools([Tool("get_weather", "Look it up.", SCHEMA, answer)])
        async with chat.build().session(Messages.from_system("Be short.")) as session:
            await session.send("Weather in London?")
            async for event in session:
                match event:
                    case Transcript(final=False, of="model"):
                        read.words += event.text
                    case Transcript(final=False):
                        read.heard += event.text
                    case ReasoningChunk():
                        read.thoughts += event.text
                    case AudioChunk():
                        read.speech += event.data
                    case Interrupted():
                        read.interruptions += 1
                    case ToolCallChunk():
                        read.calls.append((event.id, event.name, json.loads(event.arguments)))
                    case Done() if not event.response.tool_calls:
                        read.tokens = event.response.usage.input_tokens
                        break
                    case _:
                        pass
    return read


@pytest.mark.parametrize("script", [TOOL_ROUND, INTERRUPTED], ids=["tool round", "interrupted"])
async def test_both_clients_send_the_same_and_read_the_same(
    script: list[list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(script) as server:
        theirs = await by_sdk(server, monkeypatch)
        sent_by_them = [*server.received]
        server.received.clear()
        ours = await by_us(server)
    assert ours == theirs
    assert [_normal(message) for message in server.received] == [_normal(m) for m in sent_by_them]


def _normal(message: dict[str, Any]) -> dict[str, Any]:
    """A message without what the SDK adds and no server needs."""
    setup = message.get("setup")
    if setup is not None:
        setup["systemInstruction"].pop("role", None)
    return message


async def test_every_message_of_ours_fits_the_types_of_the_sdk() -> None:
    call = ToolCall("c1", "get_weather", {"city": "A"}, Completed("foggy"))
    messages = Messages.from_user("Hi", File("image/png", b"\x89PNG\r\n\x1a\n" + bytes(8)))
    messages.append(Message("model", [Text("Hello."), call]))
    made = client(
        model="gemini-3.8-live",
        change=lambda builder: (
            builder.with_voice("Puck")
            .with_turn_detection(silence_duration_ms=100, start_sensitivity="low", interrupts=False)
            .with_transcription(languages=["de-DE"])
            .with_context_compression(1000, target_tokens=500)
            .with_non_blocking_tools("get_weather", scheduling="when_idle")
            .with_google_search()
            .with_safety_settings({"harassment": "block_none"})
        ),
    )
    check_messages(made, messages, call)


def check_messages(made: Any, messages: Messages, call: ToolCall) -> None:
    tool = ToolDefinition("get_weather", "Look it up.", SCHEMA)
    codec = made.open_codec(ChatRequest(Messages.from_system("Be short."), [tool]), "a-handle")
    assert isinstance(codec, LiveCodec)
    image = Message("user", [File("image/jpeg", b"\xff\xd8\xff" + bytes(8))])
    sent = [
        *codec.begin(),
        *codec.encode(History(list(messages))),
        *codec.encode(AudioInput(bytes(320))),
        *codec.encode(Commit()),
        *codec.encode(UserMessage(image, ends_turn=False)),
        *codec.encode(UserMessage(Message("user", [Text("Look")]))),
        *codec.encode(ToolResults([call])),
        *codec.encode(ToolResults([call], earlier=True)),
        *codec.encode(Respond()),
        *codec.encode(Respond()),
    ]
    kinds = []
    for text in sent:
        given = json.loads(text)
        if listening := given.get("setup", {}).pop("realtimeInputConfig", None):
            types.RealtimeInputConfig.model_validate(listening)  # its type of the settings forgets this field
        message = types.LiveClientMessage.model_validate(given)  # unknown fields are refused
        kinds += list(message.model_dump(exclude_none=True))
    assert kinds == [
        *("setup", "client_content", "realtime_input", "realtime_input", "realtime_input"),
        *("client_content", "tool_response", "client_content", "client_content"),
    ]
