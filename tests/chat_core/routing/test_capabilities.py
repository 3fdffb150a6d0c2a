"""Every capability of a client goes through a router and through a wrapper, or there is a reason why not."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ConfigurationError,
    File,
    Messages,
    Overloaded,
    Text,
    TextChunk,
    YesNo,
)
from chat_core.middleware import ProviderWrapper
from chat_core.provider import ExplainingProvider, Provider, SchemaCheckingProvider
from chat_core.provider.speech import SpeechStreamProvider, TranscriptionStreamProvider
from chat_core.routing import Breaker, Fallback, Member, Router
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_core.types.audio import Speech, SpeechChunk, SpeechDone, Transcription, TranscriptionDone
from chat_core.types.questions import DecisionResponse
from chat_core.types.usage import Usage
from chat_openai import OpenAIBuilder

pytestmark = pytest.mark.anyio

PROTOCOLS = (
    "chat_core.provider",
    "chat_core.provider.speech",
    "chat_core.provider.video",
    "chat_core.realtime.provider",
)
BELONGS = "belongs to the server that has it: use the member's own"
# what a router does not pass on, and why
WITHOUT: Mapping[str, str] = {
    "SupportsFiles": f"a file {BELONGS} `files`",
    "FilesProvider": f"a file {BELONGS} `files`",
    "SupportsBatches": f"a batch {BELONGS} `batches`",
    "BatchProvider": f"a batch {BELONGS} `batches`",
    "SupportsVideos": f"a video {BELONGS} `videos`",
    "VideoProvider": f"a video {BELONGS} `videos`",
    "RealtimeProvider": "the codec of a session fits the connection of one server only",
}
RECORDING = File("audio/wav", b"RIFF\0\0\0\0WAVE")


def capabilities() -> list[type]:
    """The protocols that a client can be asked for: those that are built on `Provider`."""
    return [
        thing
        for module in map(importlib.import_module, PROTOCOLS)
        for thing in vars(module).values()
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and Provider in thing.__mro__[1:]
        if getattr(thing, "_is_runtime_protocol", False)
    ]


def able(capability: type) -> Any:
    """A client that has one capability, and nothing beside."""

    def unused(self: object, *args: object) -> None: ...

    members = {name for base in capability.__mro__ if base is not object for name in dir(base)}
    body: dict[str, object] = {name: unused for name in members if not name.startswith("_")}
    known = {"model": "m", "embedding_batch": None, "embedding_inputs": frozenset({"text"})}
    return type("Able", (), body | {name: value for name, value in known.items() if name in members})()


@pytest.mark.parametrize("capability", capabilities(), ids=lambda one: one.__name__)
def test_a_router_has_what_its_members_have(capability: type) -> None:
    if capability.__name__ in WITHOUT:
        with pytest.raises(ConfigurationError, match="nothing in common"):
            Router([able(capability), able(capability)])
        return
    both: Any = Router([able(capability), able(capability)])
    assert isinstance(both, capability)
    with pytest.raises(ConfigurationError, match="nothing in common"):
        Router([able(capability), able(Provider)])


@pytest.mark.parametrize("capability", capabilities(), ids=lambda one: one.__name__)
def test_a_wrapper_has_what_its_client_has_and_no_more(capability: type) -> None:
    assert isinstance(ProviderWrapper(able(capability)), capability)
    assert not isinstance(ProviderWrapper(able(Provider)), capability)


def test_each_reason_is_of_a_protocol() -> None:
    assert set(WITHOUT) <= {capability.__name__ for capability in capabilities()}


class Voice(ScriptedProvider):
    """A client that hears, speaks and decides, or fails: at once, or after its first event."""

    def __init__(self, model: str, *, fails: str = "") -> None:
        super().__init__([], model=model)
        self.fails = fails
        self.heard: list[object] = []

    def check(self, when: str) -> None:
        if self.fails == when:
            raise Overloaded(f"{self.model} is busy", status=503, retryable=True)

    async def transcribe(self, file: File, /, **fields: object) -> Transcription:
        self.heard.append(fields)
        self.check("at once")
        return Transcription("Hello.", model=self.model)

    async def stream_transcription(self, file: File, /, **fields: object) -> AsyncGenerator[Any]:
        self.check("at once")
        yield TextChunk("Hel")
        self.check("later")
        yield TranscriptionDone(Transcription("Hello.", model=self.model))

    async def speak(self, text: str, /, **fields: object) -> Speech:
        self.heard.append(fields)
        self.check("at once")
        return Speech(File("audio/mpeg", text.encode()), Usage(), self.model)

    async def stream_speech(self, text: str, /, **fields: object) -> AsyncGenerator[Any]:
        self.check("at once")
        yield SpeechChunk(b"so")
        self.check("later")
        yield SpeechDone(Speech(File("audio/mpeg", b"sound"), Usage(), self.model))

    async def decide(self, messages: Messages, questions: Mapping[str, Any], /) -> DecisionResponse[float]:
        self.check("at once")
        return DecisionResponse({}, model=self.model)


async def test_speech_and_decisions_come_of_whichever_member_answers() -> None:
    busy, spare = Voice("busy", fails="at once"), Voice("spare")
    router: Any = Fallback([busy, spare], breaker=None)
    chat = ChatBuilder().with_model(router).build()

    assert (await chat.transcribe(RECORDING, language="en")).model == "spare"
    assert (await chat.speak("Hi", voice="coral")).model == "spare"
    assert spare.heard == [
        {"model": None, "language": "en"},
        {"voice": "coral", "model": None, "format": None},
    ]
    decision = await chat.decide("Buy!", {"spam": YesNo("Is it spam?")})
    assert decision.model == "spare"
    assert decision.notices[0].message.startswith("busy failed: Overloaded: busy is busy")


async def test_a_stream_of_speech_goes_to_the_next_member_before_its_first_event_only() -> None:
    router: Any = Fallback([Voice("busy", fails="at once"), Voice("spare")])
    assert isinstance(router, TranscriptionStreamProvider)
    assert isinstance(router, SpeechStreamProvider)
    async with aclosing(router.stream_transcription(RECORDING)) as heard:
        assert [event async for event in heard][-1].transcription.model == "spare"
    async with aclosing(router.stream_speech("Hi", voice="coral")) as spoken:
        assert [event async for event in spoken][-1].speech.model == "spare"

    late: Any = Fallback([Voice("late", fails="later"), Voice("spare")])
    async with aclosing(late.stream_speech("Hi", voice="coral")) as spoken:
        assert await anext(spoken) == SpeechChunk(b"so")
        with pytest.raises(Overloaded, match="late is busy"):
            await anext(spoken)


async def test_a_member_that_fails_at_speech_is_left_alone() -> None:
    busy = Voice("busy", fails="at once")
    router: Any = Fallback([busy, Voice("spare")], breaker=Breaker(failures=1))
    for _ in range(3):
        await router.transcribe(RECORDING)
    assert len(busy.heard) == 1


def openai(**more: Any) -> Any:
    return OpenAIBuilder().with_model("gpt-5.6").with_api_key("k").with_transport(FakeTransport()).build()


def claude() -> Any:
    return ClaudeBuilder().with_model("claude-opus-4-8").with_api_key("k").build()


def test_a_router_explains_what_its_first_member_would_send() -> None:
    router: Any = Router([openai(), claude()])
    assert isinstance(router, ExplainingProvider)

    explained = ChatBuilder().with_model(router).build().explain("Hello")

    assert "api.openai.com" in explained.url
    assert explained.notices[-1].message == "as gpt-5.6 would send it; another member may be tried first"
    request = ChatRequest(Messages.from_user("Hello"))
    assert router.request_body(request) == openai().request_body(request)


def test_who_cannot_carry_a_request_is_not_explained() -> None:
    movie = Messages.from_user("What is this?", File.from_bytes(b"\0\0\0\x18ftypmp42", "video/mp4"))
    router: Any = Fallback([Member(openai(), files={"image"}), claude()])
    with pytest.raises(ConfigurationError, match="video"):
        router.explain(movie)

    text_first: Any = Fallback([Member(claude(), context_window=1), openai()])
    explained = text_first.explain(Messages.from_user("Once upon a time"))
    assert "api.openai.com" in explained.url
    assert "claude-opus-4-8 would not be tried" in explained.notices[0].message


def test_a_member_that_refuses_is_reported_with_a_notice() -> None:
    foreign = Messages.from_user("And this?", File.from_url("https://a.example/a.wav", "audio/wav"))
    router: Any = Fallback([claude(), ScriptedExplainer()])
    explained = router.explain(foreign)
    assert explained is not None
    assert any("claude-opus-4-8 would fail" in notice.message for notice in explained.notices)


class ScriptedExplainer(ScriptedProvider):
    def __init__(self) -> None:
        super().__init__([], model="any")

    def explain(self, request: Any, /, *, stream: bool = False) -> Any:
        return openai().explain(ChatRequest(Messages.from_user(Text("Hi"))), stream=stream)


def test_a_schema_is_checked_for_all_members() -> None:
    router: Any = Router([openai(), claude()])
    assert isinstance(router, SchemaCheckingProvider)
    report = router.check_output({"type": "object", "properties": {"a": {"type": "string", "minLength": 3}}})
    alone = [client.check_output({"type": "object"}).provider for client in (openai(), claude())]
    assert report.provider == " | ".join(alone)
    assert {finding.message.split(":")[0] for finding in report.findings} <= {"gpt-5.6", "claude-opus-4-8"}
    assert report.findings
    tools: Sequence[Any] = []
    assert router.check_tools(tools) == []
