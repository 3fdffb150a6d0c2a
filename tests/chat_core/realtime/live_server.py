"""A provider of sessions with a wire of its own, for tests of what holds for every provider.

What is sent is `{"kind": ..., "value": ...}`; the server's messages are texts such as `done Hello`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from chat_core import (
    ChatRequest,
    ChatResponse,
    ConnectionFailed,
    Done,
    InvalidRequest,
    Message,
    Origin,
    Text,
    ToolCall,
)
from chat_core.realtime import (
    AudioChunk,
    AudioInput,
    Clear,
    Commit,
    History,
    Interrupt,
    Leaving,
    RealtimeCapabilities,
    RealtimeInput,
    RealtimeUpdate,
    Respond,
    ResponseStarted,
    Resumable,
    SessionReady,
    SpeechStarted,
    SpeechStopped,
    ToolResults,
    Transcript,
    UserMessage,
    UserSpoke,
)
from chat_core.testing import FakeSocket
from chat_core.transport import Socket


class LiveCodec:
    """The codec of one connection."""

    def __init__(self, handle: str | None, requests_responses: bool) -> None:
        self._handle = handle
        self._requests = requests_responses
        self._words = ""

    def begin(self) -> Sequence[str]:
        return [_sent("setup", self._handle)]

    def partial(self) -> ChatResponse:
        parts = [Text(self._words)] if self._words else []
        return ChatResponse(Message("model", [*parts], interrupted=True))

    def encode(self, given: RealtimeInput, /) -> Sequence[str]:
        match given:
            case History(messages):
                return [_sent("history", [[m.role, _shown(m)] for m in messages])]
            case UserMessage(message):
                return [_sent("user", message.text)]
            case AudioInput(data):
                return [_sent("audio", data.decode())]
            case ToolResults(calls, earlier):
                results = [call.outcome() for call in calls]
                return [_sent("earlier results" if earlier else "results", results)]
            case Respond(instructions):
                return [_sent("respond", instructions)] if self._requests else []
            case Commit() | Clear() | Interrupt():
                return [_sent(type(given).__name__.lower(), None)]

    def feed(self, message: str | bytes, /) -> Sequence[RealtimeUpdate]:
        word, _, rest = str(message).partition(" ")
        match word:
            case "ready":
                return [SessionReady()]
            case "refused":
                raise InvalidRequest(rest, status=400)
            case "handle":
                return [Resumable(rest or None)]
            case "leaving":
                return [Leaving(float(rest))]
            case "hears":
                return [SpeechStarted()]
            case "heard":
                return [SpeechStopped()]
            case "spoke":
                return [UserSpoke(rest)]
            case "transcript":
                item, _, words = rest.partition(" ")
                return [Transcript(words, "user", final=True, item=item)]
            case "begin":
                self._words = ""
                return [ResponseStarted(rest)]
            case "audio":
                return [AudioChunk(rest.encode())]
            case "words":
                self._words += rest
                return [Transcript(rest)]
            case "call":
                self._words = ""
                return [Done(ChatResponse(Message("model", [ToolCall(rest, "work", {})])))]
            case _:
                self._words = ""
                return [Done(ChatResponse(Message("model", [Text(rest)])))]


class LiveProvider:
    """A client whose connections are the sockets that it is given, one after the other."""

    def __init__(self, *sockets: FakeSocket | Exception, **capabilities: object) -> None:
        self.sockets = list(sockets)
        self.realtime = replace(RealtimeCapabilities(manual_turns=False), **capabilities)  # type: ignore[arg-type]
        self.connections = 0
        self.on_connect: Callable[[], None] = lambda: None

    @property
    def origin(self) -> Origin:
        return Origin("live", "http://live.example", "m")

    @property
    def model(self) -> str:
        return "m"

    async def aclose(self) -> None:
        pass

    async def connect(self) -> Socket:
        self.on_connect()
        self.connections += 1
        if not self.sockets:
            raise ConnectionFailed("nobody listens")
        socket = self.sockets.pop(0)
        if isinstance(socket, Exception):
            raise socket
        return socket

    def open_codec(self, request: ChatRequest, /, handle: str | None = None) -> LiveCodec:
        return LiveCodec(handle, self.realtime.requests_responses)


def sent(socket: FakeSocket) -> list[tuple[str, object]]:
    """What was sent after the setup."""
    return [(str(frame["kind"]), frame["value"]) for frame in socket.sent[1:]]


def _sent(kind: str, value: object) -> str:
    return json.dumps({"kind": kind, "value": value})


def _shown(message: Message) -> str:
    calls = "".join(f"[{call.outcome()}]" for call in message.tool_calls if call.resolved)
    return message.text + calls
