"""Transcriptions and speech of the vendors that have them: what goes over the wire, and what comes back."""

from __future__ import annotations

import base64
import email
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from chat_core import (
    ChatBuilder,
    ConfigurationError,
    File,
    Overloaded,
    Request,
    RetryPolicy,
    StreamTruncated,
    TextChunk,
)
from chat_core.provider.speech import (
    SpeechProvider,
    SpeechStreamProvider,
    TranscriptionProvider,
    TranscriptionStreamProvider,
)
from chat_core.sync import SyncChat
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_core.types.audio import SpeechChunk, SpeechDone, TranscriptionDone
from chat_groq import GroqBuilder
from chat_mistral import MistralBuilder
from chat_openai import OpenAIBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_together import TogetherBuilder
from groq import AsyncGroq
from openai import AsyncOpenAI

pytestmark = pytest.mark.anyio

RECORDING = File("audio/wav", b"RIFF\0\0\0\0WAVE", name="hello.wav")
OPENAI_LIKE = [OpenAIBuilder, GroqBuilder, MistralBuilder, TogetherBuilder]
STREAMING = [OpenAIBuilder, MistralBuilder]


def client_of(builder: Any, transport: FakeTransport, model: str = "m") -> Any:
    return builder().with_model(model).with_api_key("k").with_transport(transport).build()


def fields_of(headers: Any, body: bytes) -> dict[str, list[tuple[str | None, bytes]]]:
    """Return the fields of a form, each with its file names and contents."""
    written = b"content-type: " + headers["content-type"].encode() + b"\r\n\r\n" + body
    fields: dict[str, list[tuple[str | None, bytes]]] = {}
    for part in email.message_from_bytes(written).get_payload():
        assert isinstance(part, email.message.Message)
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        fields.setdefault(str(name), []).append((part.get_filename(), content))
    return fields


def form_of(request: Request) -> dict[str, list[tuple[str | None, bytes]]]:
    return fields_of(request.headers, request.body)


@pytest.mark.parametrize("builder", OPENAI_LIKE)
async def test_a_client_has_the_capabilities_that_its_server_has(builder: Any) -> None:
    client = client_of(builder, FakeTransport())
    assert isinstance(client, TranscriptionProvider)
    assert isinstance(client, SpeechProvider)
    assert isinstance(client, TranscriptionStreamProvider) == (builder in STREAMING)
    assert isinstance(client, SpeechStreamProvider) == (builder in STREAMING)


@pytest.mark.parametrize("builder", OPENAI_LIKE)
async def test_a_recording_and_its_options_go_as_a_form(builder: Any) -> None:
    transport = FakeTransport().answer({"text": "Hallo."})
    client = client_of(builder, transport)
    transcription = await client.transcribe(
        RECORDING, model="ears", language="de", timestamps="word", options={"temperature": 0.2}
    )
    form = form_of(transport.requests[0])
    assert transcription.text == "Hallo."
    assert form["file"] == [("hello.wav", RECORDING.data)]
    assert form["model"] == [(None, b"ears")]
    assert form["language"] == [(None, b"de")]
    assert form["timestamp_granularities[]"] == [(None, b"word")]
    assert form["temperature"] == [(None, b"0.2")]
    assert ("response_format" in form) == (builder is not MistralBuilder)


@pytest.mark.parametrize(
    ("builder", "sdk", "url"), [(OpenAIBuilder, AsyncOpenAI, "/v1"), (GroqBuilder, AsyncGroq, "/openai/v1")]
)
async def test_a_form_is_that_of_the_vendors_sdk(
    builder: Any, sdk: Callable[..., Any], url: str, anyio_backend: str
) -> None:
    if anyio_backend == "trio":
        return  # the SDKs choose asyncio by themselves
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"text": "Hi."})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    async with sdk(api_key="k", http_client=http) as theirs:
        await theirs.audio.transcriptions.create(
            file=("hello.wav", RECORDING.data, "audio/wav"),
            model="ears",
            prompt="Zürich",
            response_format="verbose_json",
            timestamp_granularities=["word"],
        )
    transport = FakeTransport().answer({"text": "Hi."})
    await client_of(builder, transport).transcribe(
        RECORDING, model="ears", prompt="Zürich", timestamps="word"
    )
    ours = transport.requests[0]
    assert form_of(ours) == fields_of(sent[0].headers, sent[0].content)
    assert ours.url == str(sent[0].url)


@pytest.mark.parametrize(("builder", "field"), [(GroqBuilder, "url"), (MistralBuilder, "file_url")])
async def test_a_recording_by_url_is_fetched_by_the_servers_that_do(builder: Any, field: str) -> None:
    transport = FakeTransport().answer({"text": "Hi."})
    await client_of(builder, transport).transcribe(File.from_url("https://a.example/a.mp3"))
    form = form_of(transport.requests[0])
    assert form[field] == [(None, b"https://a.example/a.mp3")]
    assert "file" not in form


async def test_what_a_server_does_not_take_is_refused_before_anything_is_sent() -> None:
    openai, mistral = (client_of(builder, FakeTransport()) for builder in STREAMING)
    with pytest.raises(ConfigurationError, match="OpenAI needs the recording's bytes: read https://a"):
        await openai.transcribe(File.from_url("https://a.example/a.mp3"))
    with pytest.raises(ConfigurationError, match="Mistral takes no prompt"):
        await mistral.transcribe(RECORDING, prompt="Zürich")
    with pytest.raises(ConfigurationError, match="not image/png"):
        await openai.transcribe(File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png"))
    with pytest.raises(ConfigurationError, match="write them as wav"):
        await openai.transcribe(File("audio/pcm;rate=24000", b"\0\0"))
    with pytest.raises(ConfigurationError, match=r"File\.from_path"):
        await openai.transcribe("hello.wav")
    with pytest.raises(ConfigurationError, match="wav, mp3, flac, opus, aac, pcm, not in 'wma'"):
        await openai.speak("Hi.", voice="coral", format="wma")
    with pytest.raises(ConfigurationError, match="speak"):
        await mistral.speak(b"Hi.", voice="v")


@pytest.mark.parametrize("builder", STREAMING)
async def test_a_transcription_streams_and_a_cut_one_is_an_error(builder: Any) -> None:
    kind = "transcript" if builder is OpenAIBuilder else "transcription"
    field = "delta" if builder is OpenAIBuilder else "text"
    deltas = [{"type": f"{kind}.text.delta", field: text} for text in ("Gu", "ten Tag.")]
    done = {"type": f"{kind}.text.done" if kind == "transcript" else f"{kind}.done", "text": "Guten Tag."}
    transport = FakeTransport().answer([*deltas, done]).answer(deltas)
    client = client_of(builder, transport, "ears")
    events = [event async for event in client.stream_transcription(RECORDING, language="de")]
    assert events[:-1] == [TextChunk("Gu"), TextChunk("ten Tag.")]
    assert isinstance(events[-1], TranscriptionDone)
    assert events[-1].transcription.text == "Guten Tag."
    assert form_of(transport.requests[0])["stream"] == [(None, b"true")]
    with pytest.raises(StreamTruncated) as error:
        _ = [event async for event in client.stream_transcription(RECORDING)]
    assert error.value.partial.text == "Guten Tag."


@pytest.mark.parametrize("builder", STREAMING)
async def test_speech_streams_and_a_cut_one_is_an_error(builder: Any) -> None:
    field = "audio" if builder is OpenAIBuilder else "audio_data"
    deltas = [
        {"type": "speech.audio.delta", field: base64.b64encode(piece).decode("ascii")}
        for piece in (b"RIFF", b"WAVE")
    ]
    transport = FakeTransport().answer([*deltas, {"type": "speech.audio.done"}]).answer(deltas)
    client = client_of(builder, transport, "mouth")
    events = [event async for event in client.stream_speech("Guten Tag.", voice="v")]
    assert events[:-1] == [SpeechChunk(b"RIFF"), SpeechChunk(b"WAVE")]
    assert isinstance(events[-1], SpeechDone)
    assert events[-1].speech.file == File("audio/wav", b"RIFFWAVE", transcript="Guten Tag.")
    asked = {"stream_format": "sse"} if builder is OpenAIBuilder else {"stream": True}
    assert asked.items() <= transport.last_body.items()
    with pytest.raises(StreamTruncated):
        _ = [event async for event in client.stream_speech("Guten Tag.", voice="v")]


async def test_azure_has_the_same_endpoints_under_its_own_address() -> None:
    transport = FakeTransport().answer({"text": "Hi."}).answer(b"RIFF")
    builder = AzureOpenAIBuilder().with_resource("r").with_deployment("ears").with_api_key("k")
    client = builder.with_transport(transport).build()
    assert (await client.transcribe(RECORDING)).text == "Hi."
    assert (await client.speak("Hi.", voice="coral", model="mouth")).file.data == b"RIFF"
    assert [request.url for request in transport.requests] == [
        "https://r.openai.azure.com/openai/v1/audio/transcriptions",
        "https://r.openai.azure.com/openai/v1/audio/speech",
    ]


async def test_a_chat_retries_and_so_does_a_synchronous_one() -> None:
    transport = FakeTransport()
    for _ in range(2):
        transport.answer({"error": {"message": "busy"}}, status=503).answer({"text": "Hi."})
        transport.answer({"error": {"message": "busy"}}, status=503).answer(b"RIFF")
    policy = RetryPolicy(max_retries=1, base_delay=0.0)
    chat = ChatBuilder().with_model(client_of(OpenAIBuilder, transport)).with_retry(policy).build()
    assert (await chat.transcribe(RECORDING, language="en")).text == "Hi."
    assert (await chat.speak("Hi.", voice="coral", format="wav")).file.data == b"RIFF"
    with SyncChat(chat) as sync_chat:
        assert sync_chat.transcribe(RECORDING).text == "Hi."
        assert sync_chat.speak("Hi.", voice="coral").file.data == b"RIFF"
    assert len(transport.requests) == 8
    transport.answer({"error": {"message": "busy"}}, status=503)
    with pytest.raises(Overloaded):
        await chat.provider.transcribe(RECORDING)


async def test_a_client_without_the_capability_is_refused_with_a_sentence() -> None:
    chat: Any = ChatBuilder().with_model(ScriptedProvider([])).build()
    with pytest.raises(ConfigurationError, match="ScriptedProvider does not transcribe"):
        await chat.transcribe(RECORDING)
    with pytest.raises(ConfigurationError, match="ScriptedProvider does not speak"):
        await chat.speak("Hi.", voice="coral")


async def test_a_list_in_a_form_stands_there_once_for_each_item() -> None:
    transport = FakeTransport().answer({"text": "Hi."})
    more = {"context_bias": ["Zürich", "Bern"], "diarize": True}
    await client_of(MistralBuilder, transport).transcribe(RECORDING, options=more)
    form = form_of(transport.requests[0])
    assert form["context_bias"] == [(None, "Zürich".encode()), (None, b"Bern")]
    assert form["diarize"] == [(None, b"true")]
    assert json.loads(json.dumps(more))["diarize"] is True
