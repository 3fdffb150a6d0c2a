"""Errors under status 200, of every endpoint and in every place of a stream: the error that they name."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatRequest, Done, File, InvalidResponse, Messages, Overloaded, ProviderError
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_mistral import MistralBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder
from chat_responses import ResponsesBuilder

pytestmark = pytest.mark.anyio

MESSAGES = Messages.from_user("Hi")
RECORDING = File("audio/wav", b"RIFF\0\0\0\0WAVE", name="a.wav")
TEXT = File.from_bytes(b"a", "text/plain", name="a.txt")
BUILDERS: dict[str, Any] = {
    "openai": OpenAIBuilder().with_model("m"),
    "mistral": MistralBuilder().with_model("m"),
    "cohere": CohereBuilder().with_model("m"),
    "gemini": GeminiBuilder().with_model("m"),
    "claude": ClaudeBuilder().with_model("m"),
    "ollama": OllamaBuilder().with_native().with_model("m"),
    "bedrock": BedrockBuilder().with_region("us-east-1").with_model("amazon.titan-embed-text-v2:0"),
}
Call = Callable[[Any], Awaitable[object]]
ENDPOINTS: dict[str, tuple[str, Call]] = {
    f"{name} {endpoint}": (name, call)
    for endpoint, names, call in (
        ("embeddings", [name for name in BUILDERS if name != "claude"], lambda client: client.embed(["a"])),
        ("models", [*BUILDERS], lambda client: client.list_models()),
        ("turn", [*BUILDERS], lambda client: client.complete(MESSAGES)),
        ("tokens", ["openai", "cohere", "gemini", "claude", "bedrock"], lambda c: c.count_tokens(MESSAGES)),
        ("file", ["openai", "mistral", "gemini", "claude"], lambda client: client.files.get("files/a")),
        ("files", ["openai", "mistral", "gemini", "claude"], lambda client: anext(client.files.list())),
        ("upload", ["openai", "mistral", "gemini", "claude"], lambda client: client.files.upload(TEXT)),
        (
            "batch",
            ["openai", "mistral", "gemini", "claude"],
            lambda client: client.batches.submit({"a": ChatRequest(MESSAGES)}),
        ),
        ("rerank", ["cohere"], lambda client: client.rerank("q", ["a"])),
        ("transcription", ["openai", "mistral"], lambda client: client.transcribe(RECORDING)),
        ("speech", ["openai", "mistral"], lambda client: client.speak("Hi", voice="v")),
        ("moderation", ["mistral"], lambda client: client.moderate("Hi")),
    )
    for name in names
}
ERROR = {"error": {"message": "boom", "code": 503}}


@pytest.mark.parametrize("body", [ERROR, [ERROR]], ids=["object", "array"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_an_error_in_place_of_a_response_has_its_class(endpoint: str, body: Any) -> None:
    name, call = ENDPOINTS[endpoint]
    network = FakeTransport().answer(json.dumps(body).encode(), headers={"content-type": "application/json"})
    builder = BUILDERS[name].with_api_key("k").with_transport(network)
    client = builder.with_embeddings().build() if endpoint.endswith("embeddings") else builder.build()

    with pytest.raises(Overloaded, match="boom"):
        await call(client)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_message_alone_is_an_error_too(endpoint: str) -> None:
    name, call = ENDPOINTS[endpoint]
    network = FakeTransport().answer({"message": "boom"})
    builder = BUILDERS[name].with_api_key("k").with_transport(network)
    client = builder.with_embeddings().build() if endpoint.endswith("embeddings") else builder.build()

    with pytest.raises(ProviderError, match="boom"):
        await call(client)


COMPLETIONS = ChatCompletionsBuilder().with_base_url("http://model.test/v1").with_model("m")
BEGINNINGS: dict[str, tuple[Any, list[Any]]] = {
    "completions": (COMPLETIONS, [{"choices": [{"index": 0, "delta": {"content": "Hel"}}]}]),
    "responses": (
        ResponsesBuilder().with_base_url("http://model.test/v1").with_model("m"),
        [{"type": "response.created", "response": {"id": "r", "status": "in_progress"}}],
    ),
    "claude": (
        BUILDERS["claude"],
        [{"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": {}}}],
    ),
    "gemini": (BUILDERS["gemini"], [{"candidates": [{"content": {"parts": [{"text": "Hel"}]}}]}]),
    "cohere": (
        BUILDERS["cohere"],
        [
            {"type": "message-start", "id": "c"},
            {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text"}}}},
        ],
    ),
    "ollama": (BUILDERS["ollama"], [{"message": {"role": "assistant", "content": "Hel"}, "done": False}]),
}
ERRORS: dict[str, Any] = {
    "openai": {"error": {"message": "boom", "code": 503}},
    "anthropic": {"type": "error", "error": {"type": "overloaded_error", "message": "boom"}},
    "google": {"error": {"code": 503, "message": "boom", "status": "UNAVAILABLE"}},
    "google, in an array": [{"error": {"code": 503, "message": "boom", "status": "UNAVAILABLE"}}],
    "responses": {"type": "error", "code": "server_error", "message": "boom", "param": None},
    "ollama": {"error": "boom"},
    "plain": "Internal Server Error: boom",
    "html": "<html><body>502 boom</body></html>",
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("wire", BEGINNINGS)
async def test_an_error_in_the_middle_of_a_stream_is_raised(wire: str, error: str) -> None:
    builder, beginning = BEGINNINGS[wire]
    frames = [*beginning, ERRORS[error], *beginning]
    network = FakeTransport()
    if wire == "ollama":
        lines = "\n".join(item if isinstance(item, str) else json.dumps(item) for item in frames)
        network.answer(lines.encode(), headers={"content-type": "application/x-ndjson"})
    else:
        data = "".join(f"data: {f if isinstance(f, str) else json.dumps(f)}\n\n" for f in frames)
        network.answer(data.encode(), headers={"content-type": "text/event-stream"})
    client = builder.with_api_key("k").with_transport(network).build()

    with pytest.raises((ProviderError, InvalidResponse), match="boom") as raised:
        await _all(client.stream(MESSAGES))
    if error in ("openai", "anthropic", "google", "google, in an array"):
        assert isinstance(raised.value, Overloaded)


async def _all(events: Any) -> list[object]:
    return [event async for event in events]


@pytest.mark.parametrize("blank", [" ", "\t "])
@pytest.mark.parametrize("wire", [wire for wire in BEGINNINGS if wire != "ollama"])
async def test_an_event_of_white_space_keeps_the_connection_alive(wire: str, blank: str) -> None:
    builder, beginning = BEGINNINGS[wire]
    data = "".join(f"data: {json.dumps(frame)}\n\ndata: {blank}\n\n" for frame in beginning)
    network = FakeTransport().answer(f"{data}data: {json.dumps(ERROR)}\n\n")
    client = builder.with_api_key("k").with_transport(network).build()

    with pytest.raises(Overloaded, match="boom"):  # it is the error that ends it
        await _all(client.stream(MESSAGES))


async def test_the_last_frame_of_gemini_sent_twice_is_one() -> None:
    call = {"functionCall": {"name": "pay", "args": {"amount": 5}}}
    last = {"candidates": [{"content": {"parts": [call]}, "finishReason": "STOP"}], "usageMetadata": {}}
    network = FakeTransport().answer([last, last])
    client = BUILDERS["gemini"].with_api_key("k").with_transport(network).build()

    done = (await _all(client.stream(MESSAGES)))[-1]

    assert isinstance(done, Done)
    assert [found.name for found in done.response.tool_calls] == ["pay"]


@pytest.mark.parametrize("name", [None, -1, ""])
async def test_a_call_without_a_name_is_a_call_all_the_same(name: Any) -> None:
    call = {"type": "function_call", "id": "fc", "call_id": "c", "name": name, "arguments": '{"x": 0}'}
    whole = {"id": "r", "status": "completed", "output": [call], "usage": {}}
    frames = [
        {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**call, "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": '{"x": 0}'},
        {"type": "response.output_item.done", "output_index": 0, "item": call},
        {"type": "response.completed", "response": whole},
    ]
    builder, _ = BEGINNINGS["responses"]
    network = FakeTransport().answer(frames)
    done = (await _all(builder.with_transport(network).build().stream(MESSAGES)))[-1]

    assert isinstance(done, Done)
    [found] = done.response.tool_calls
    assert (found.name, found.arguments, done.response.finish_reason) == ("", {"x": 0}, "tool_calls")


async def test_counts_of_tokens_in_digits_are_numbers() -> None:
    usage = {"prompt_tokens": "12", "completion_tokens": "3", "total_tokens": "9" * 400}
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": usage}
    client = COMPLETIONS.with_transport(FakeTransport().answer(body)).build()

    found = (await client.complete(MESSAGES)).usage

    assert (found.input_tokens, found.output_tokens, found.total_tokens) == (12, 3, None)


async def test_where_a_server_redirects_to_is_named_without_its_query() -> None:
    place = {"location": "https://login.example/oauth?code=secret"}
    network = FakeTransport().answer(b"", status=302, headers=place)

    with pytest.raises(ProviderError, match=r"redirects to 'https://login\.example/oauth'") as raised:
        await COMPLETIONS.with_transport(network).build().complete(MESSAGES)
    assert "secret" not in str(raised.value)
