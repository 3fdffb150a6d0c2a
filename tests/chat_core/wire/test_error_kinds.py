"""A conversation that is too long and a quota that is used up are errors of their own on every wire.

The bodies are those of the vendors' error references, of recordings and of public bug reports, November 2026.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ContextWindowExceeded,
    InvalidRequest,
    Messages,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    RetryPolicy,
)
from chat_core.testing import FakeTransport
from chat_core.wire import decode_error
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_responses import ResponsesBuilder

LONG, SPENT = ContextWindowExceeded, QuotaExceeded
SERVER = "http://localhost:8000/v1"
CLIENTS: dict[str, Any] = {
    "completions": ChatCompletionsBuilder().with_base_url(SERVER).with_model("m"),
    "responses": ResponsesBuilder().with_base_url(SERVER).with_model("m"),
    "claude": ClaudeBuilder().with_model("claude-haiku-4-5"),
    "gemini": GeminiBuilder().with_model("gemini-3.5-flash"),
    "vertex": GeminiBuilder().with_vertex("p").with_model("gemini-3.5-flash"),
    "ollama": OllamaBuilder().with_model("m").with_native(),
    "cohere": CohereBuilder().with_model("command-a-03-2025"),
    "bedrock": BedrockBuilder().with_region("us-east-1").with_model("us.amazon.nova-2-lite-v1:0"),
}
DAILY = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "50"}],
}


def openai(code: str | None, message: str, type: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": type, "param": None, "code": code}}


def google(status: int, word: str, message: str, *details: Any) -> dict[str, Any]:
    return {"error": {"code": status, "status": word, "message": message, "details": list(details)}}


def anthropic(type: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": type, "message": message}, "request_id": "req_1"}


BY_STATUS: list[tuple[str, int, Any, type[ProviderError]]] = [
    (
        "completions",
        400,
        openai(
            "context_length_exceeded",
            "This model's maximum context length is 8192 tokens. However, you sent 9001.",
        ),
        LONG,
    ),
    (
        "completions",
        429,
        openai("insufficient_quota", "No.", "insufficient_quota"),
        SPENT,
    ),
    ("responses", 400, openai("context_length_exceeded", "Your input exceeds the context window."), LONG),
    ("responses", 429, openai("insufficient_quota", "No.", "insufficient_quota"), SPENT),
    (
        "claude",
        400,
        anthropic("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
        LONG,
    ),
    (
        "claude",
        400,
        anthropic(
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
        ),
        LONG,
    ),
    (
        "claude",
        400,
        anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        SPENT,
    ),
    ("claude", 402, anthropic("billing_error", "No."), SPENT),
    (
        "gemini",
        400,
        google(
            400,
            "INVALID_ARGUMENT",
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        ),
        LONG,
    ),
    ("gemini", 429, google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", DAILY), SPENT),
    (
        "vertex",
        400,
        [
            google(
                400,
                "INVALID_ARGUMENT",
                "Unable to submit: the input token count is 9000 but model only supports up to 8192.",
            )
        ],
        LONG,
    ),
    ("ollama", 400, {"error": "the input length exceeds the context length"}, LONG),
    ("ollama", 429, {"error": "you've reached your hourly usage limit, please upgrade to continue"}, SPENT),
    (
        "cohere",
        400,
        {
            "id": "1",
            "message": "too many tokens: total number of tokens in the prompt cannot exceed 4081.",
        },
        LONG,
    ),
    ("cohere", 402, {"message": "Please add or update your payment method"}, SPENT),
    (
        "cohere",
        429,
        {"message": "You are using a Trial key, which is limited to 1000 API calls / month."},
        SPENT,
    ),
    (
        "bedrock",
        400,
        {
            "message": "The model returned the following errors: Input Tokens Exceeded: "
            "Number of input tokens exceeds maximum length. Please update the input to try again."
        },
        LONG,
    ),
    ("bedrock", 400, {"message": "Input is too long for requested model."}, LONG),
    ("bedrock", 429, {"message": "Too many tokens per day, please wait before trying again."}, SPENT),
]


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("wire", "status", "body", "kind"), BY_STATUS)
async def test_each_wire_tells_the_two_kinds_and_sends_nothing_again(
    wire: str, status: int, body: Any, kind: type[ProviderError], stream: bool
) -> None:
    transport = FakeTransport().answer(body, status=status, headers={"x-should-retry": "true"})
    chat = ChatBuilder().with_model(CLIENTS[wire].with_api_key("k").with_transport(transport).build()).build()
    with pytest.raises(kind) as caught:
        await _turn(chat, stream=stream)
    assert (type(caught.value), caught.value.status, caught.value.retryable) == (kind, status, False)
    assert len(transport.bodies) == 1


WITHIN: list[tuple[str, Any, type[ProviderError]]] = [
    ("completions", openai("context_length_exceeded", "No."), LONG),
    ("completions", {"error": {"message": "Insufficient credits", "code": 402}}, SPENT),
    ("responses", {"type": "error", "code": "context_length_exceeded", "message": "No."}, LONG),
    (
        "responses",
        {
            "type": "response.failed",
            "response": {"status": "failed", "error": {"code": "insufficient_quota", "message": "No."}},
        },
        SPENT,
    ),
    ("claude", anthropic("invalid_request_error", "prompt is too long: 2 tokens > 1 maximum"), LONG),
    ("claude", anthropic("billing_error", "No."), SPENT),
    ("gemini", google(400, "INVALID_ARGUMENT", "The input token count exceeds the maximum of 8."), LONG),
    ("gemini", google(429, "RESOURCE_EXHAUSTED", "No.", DAILY), SPENT),
    ("ollama", {"error": "prompt too long; exceeded max context length by 5 tokens"}, LONG),
    ("cohere", {"message": "too many tokens: size limit exceeded by 11 tokens."}, LONG),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("wire", "frame", "kind"), WITHIN)
async def test_each_wire_tells_them_inside_a_stream_that_began_well(
    wire: str, frame: Any, kind: type[ProviderError]
) -> None:
    transport = FakeTransport().answer([frame])
    chat = ChatBuilder().with_model(CLIENTS[wire].with_api_key("k").with_transport(transport).build()).build()
    with pytest.raises(kind) as caught:
        await _turn(chat, stream=True)
    assert (type(caught.value), caught.value.retryable) == (kind, False)
    assert len(transport.bodies) == 1


async def _turn(chat: Any, *, stream: bool) -> None:
    messages = Messages.from_user("Hello")
    if not stream:
        await chat.complete(messages)
        return
    async with chat.stream(messages) as events:
        async for _ in events:
            pass


OTHERS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("error_kinds.json").read_text("utf-8"))
KINDS = {kind.__name__: kind for kind in (LONG, SPENT, RateLimited, InvalidRequest)}


@pytest.mark.parametrize("row", OTHERS, ids=[row["server"] for row in OTHERS])
def test_other_servers_words_are_known_on_the_wire_that_they_share(row: dict[str, Any]) -> None:
    body, kind = row["body"], KINDS[row["kind"]]
    error = decode_error(row["status"], {}, json.dumps(body).encode() if body else b"")
    assert type(error) is kind
    assert (RetryPolicy().delay(1, error) is not None) is (kind is RateLimited)


def test_the_two_are_what_they_were_before() -> None:
    assert issubclass(ContextWindowExceeded, InvalidRequest)
    assert issubclass(QuotaExceeded, RateLimited)
