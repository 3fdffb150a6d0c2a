"""A file by URL is the server's to fetch: no client goes there, so that no key does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatRequest, ConfigurationError, File, Messages, ProviderError, Refused
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_mistral import MistralBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder
from chat_responses import ResponsesBuilder
from chat_xai import XAIBuilder

pytestmark = pytest.mark.anyio

KEY = "sk-a-secret-key-of-ours"
ELSEWHERE = "files.elsewhere.example"
SERVER = "https://model.example/v1"
FILES = {
    "image": File.from_url(f"https://{ELSEWHERE}/cat.png", "image/png"),
    "document": File.from_url(f"https://{ELSEWHERE}/cat.pdf", "application/pdf"),
    "audio": File.from_url(f"https://{ELSEWHERE}/cat.mp3", "audio/mpeg"),
}
BUILDERS: dict[str, Callable[[], Any]] = {
    "bedrock": lambda: BedrockBuilder().with_region("eu-west-1"),
    "claude": ClaudeBuilder,
    "cohere": CohereBuilder,
    "completions": ChatCompletionsBuilder,
    "gemini": GeminiBuilder,
    "mistral": MistralBuilder,
    "ollama": OllamaBuilder,
    "openai": OpenAIBuilder,
    "responses": ResponsesBuilder,
    "xai": XAIBuilder,
}


def build(name: str, transport: FakeTransport) -> Any:
    builder = BUILDERS[name]().with_base_url(SERVER).with_model("m").with_api_key(KEY)
    return builder.with_transport(transport).build()


async def turn(client: Any, request: ChatRequest, way: str) -> None:
    if way == "complete":
        await client.complete(request)
    else:
        _ = [event async for event in client.stream(request)]


@pytest.mark.parametrize("way", ["complete", "stream"])
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("name", BUILDERS)
async def test_a_file_by_url_is_sent_as_a_url_or_refused_and_only_the_provider_is_reached(
    name: str, kind: str, way: str
) -> None:
    transport = FakeTransport()
    for _ in range(3):  # a second request would be seen, not fail for want of an answer
        transport.answer({"error": {"message": "No.", "type": "invalid_request_error"}}, status=400)
    client = build(name, transport)
    request = ChatRequest(Messages.from_user("What is this?", FILES[kind]))

    with pytest.raises((ProviderError, ConfigurationError)) as caught:
        await turn(client, request, way)

    reached = {urlsplit(sent.url).hostname for sent in transport.requests}
    if isinstance(caught.value, ConfigurationError):
        assert reached == set()
        return
    [sent] = transport.requests
    assert reached == {urlsplit(SERVER).hostname}
    assert ELSEWHERE.encode() in (sent.body or b"")
    assert any(KEY in value for value in sent.headers.values())
    assert KEY.encode() not in (sent.body or b"")


async def test_what_a_response_links_to_is_not_fetched_either() -> None:
    image = {"type": "image_url", "image_url": {"url": f"https://{ELSEWHERE}/made.png"}}
    message = {"role": "assistant", "content": "Here.", "images": [image]}
    transport = FakeTransport().answer({"choices": [{"message": message, "finish_reason": "stop"}]})

    response = await build("completions", transport).complete(ChatRequest(Messages.from_user("Draw a cat.")))

    assert [file.url for file in response.files] == [f"https://{ELSEWHERE}/made.png"]
    assert len(transport.requests) == 1


async def test_results_of_a_batch_come_from_the_server_that_has_the_key_whatever_address_it_names() -> None:
    ended = {"id": "b1", "processing_status": "ended", "results_url": f"https://{ELSEWHERE}/results"}
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "No."}}
    line = {"custom_id": "a", "result": {"type": "errored", "error": error}}
    transport = FakeTransport().answer({**ended, "processing_status": "in_progress"}).answer(ended)
    transport.answer(json.dumps(line) + "\n")
    batches = build("claude", transport).batches
    job = await batches.status(await batches.submit({"a": "Hello?"}))

    items = [item async for item in batches.results(job)]

    assert [(item.id, type(item)) for item in items] == [("a", Refused)]
    assert [urlsplit(sent.url).hostname for sent in transport.requests] == ["model.example"] * 3
    assert transport.requests[-1].url == f"{SERVER}/messages/batches/b1/results"
