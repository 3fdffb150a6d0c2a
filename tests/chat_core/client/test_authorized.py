"""Requests with a token or a signature: one more request after a 401, and no token above the transport."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatRequest,
    ConnectionFailed,
    Done,
    Messages,
    ProviderError,
    Request,
    RetryPolicy,
)
from chat_core.client import Credential, Signed
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder
from chat_responses import ResponsesBuilder

pytestmark = pytest.mark.anyio

REFUSED = {"error": {"message": "the token secret-token-1 has expired", "code": "expired"}}
WHOLE = {
    "id": "r1",
    "status": "completed",
    "output": [
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
        }
    ],
}
HELLO = ChatRequest(Messages.from_user("Hello"))


def source() -> Callable[[], Credential]:
    """Return a source of secret-token-1, secret-token-2, …, each without an end."""
    given: list[int] = []

    def next_token() -> Credential:
        given.append(1)
        return Credential(f"secret-token-{len(given)}")

    return next_token


def client(transport: FakeTransport, credentials: Any = None) -> Any:
    made = ResponsesBuilder().with_base_url("http://localhost/v1").with_model("m").with_transport(transport)
    return made.with_credentials(credentials or source()).build()


async def turn(client: Any, stream: bool) -> Any:
    if not stream:
        return await client.complete(HELLO)
    *_, last = [event async for event in client.stream(HELLO)]
    assert isinstance(last, Done)
    return last.response


def tokens(transport: FakeTransport) -> list[str]:
    return [request.headers["authorization"] for request in transport.requests]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_token_is_sent_and_kept_for_the_next_request(stream: bool) -> None:
    transport = FakeTransport().answer(WHOLE).answer(WHOLE)
    made = client(transport)
    assert (await turn(made, stream)).text == (await turn(made, stream)).text == "Hi"
    assert tokens(transport) == ["Bearer secret-token-1"] * 2


@pytest.mark.parametrize("stream", [False, True])
async def test_after_a_401_there_is_one_more_request_with_a_new_token(stream: bool) -> None:
    transport = FakeTransport().answer(REFUSED, status=401).answer(WHOLE)
    assert (await turn(client(transport), stream)).text == "Hi"
    assert tokens(transport) == ["Bearer secret-token-1", "Bearer secret-token-2"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_second_401_is_the_error_and_shows_no_token(stream: bool) -> None:
    transport = FakeTransport()
    for number in (1, 2):
        said = {"error": {"message": f"secret-token-{number} is not known", "code": "expired"}}
        transport.answer(said, status=401)
    with pytest.raises(AuthenticationError) as caught:
        await turn(client(transport), stream)
    assert len(transport.requests) == 2
    assert "secret-token" not in f"{caught.value!r} {caught.value} {json.dumps(caught.value.body)}"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_source_with_nothing_else_is_not_sent_twice(stream: bool) -> None:
    transport = FakeTransport().answer(REFUSED, status=401)
    with pytest.raises(AuthenticationError, match="expired"):
        await turn(client(transport, lambda: "secret-token-1"), stream)
    assert len(transport.requests) == 1


async def test_retries_of_a_chat_use_the_token_that_there_is() -> None:
    transport = FakeTransport().fail(ConnectionFailed("gone: secret-token-1")).answer(WHOLE)
    chat = ChatBuilder().with_model(client(transport)).with_retry(RetryPolicy(base_delay=0)).build()
    response = await chat.complete(Messages.from_user("Hello"))
    assert tokens(transport) == ["Bearer secret-token-1"] * 2
    assert "secret-token" not in str(response.notices)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_token_that_the_server_repeats_in_a_good_response_does_not_come_through(stream: bool) -> None:
    echo = json.loads(json.dumps(WHOLE).replace("Hi", "your key is secret-token-1"))
    response = await turn(client(FakeTransport().answer(echo)), stream)
    assert response.text == "your key is ***"


@pytest.mark.parametrize(
    "builder",
    [OpenAIBuilder, ChatCompletionsBuilder, ClaudeBuilder, GeminiBuilder, OllamaBuilder, ResponsesBuilder],
)
async def test_every_builder_takes_credentials_in_place_of_a_key(
    builder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    transport = FakeTransport().answer({"error": {"message": "no"}}, status=400)
    made = builder().with_model("m").with_base_url("http://localhost/v1").with_transport(transport)
    with pytest.raises(Exception, match="no"):
        await made.with_api_key("a key").with_credentials(source()).build().complete(HELLO)
    [request] = transport.requests
    assert request.headers["authorization"] == "Bearer secret-token-1"
    assert "a key" not in str(request.headers)


async def test_every_request_is_signed_anew_and_the_signature_sees_all_of_it() -> None:
    transport = FakeTransport().answer(WHOLE).answer(WHOLE)
    signed: list[Request] = []

    async def sign(request: Request) -> Request:
        signed.append(request)
        return replace(request, headers={**request.headers, "authorization": f"AWS4 {len(signed)}"})

    made = ResponsesBuilder().with_base_url("http://localhost/v1").with_model("m")
    made_client = made.with_transport(Signed(transport, sign)).build()
    await turn(made_client, stream=False)
    await turn(made_client, stream=True)
    assert tokens(transport) == ["AWS4 1", "AWS4 2"]
    assert signed[0].url == "http://localhost/v1/responses"
    assert json.loads(signed[0].body)["model"] == "m"


@pytest.mark.parametrize("stream", [False, True])
async def test_an_error_that_quotes_what_was_signed_does_not_show_it(stream: bool) -> None:
    def sign(request: Request) -> Request:
        headers = {"authorization": "AWS4 Signature=0123456789", "x-amz-security-token": "a-session-token"}
        return replace(request, headers={**request.headers, **headers})

    quoted = {"message": "canonical: x-amz-security-token:a-session-token, not Signature=0123456789"}
    transport = Signed(FakeTransport().answer(quoted, status=403), sign)
    made = ResponsesBuilder().with_base_url("http://localhost/v1").with_model("m").with_transport(transport)
    with pytest.raises(ProviderError, match="canonical") as caught:
        await turn(made.build(), stream)
    shown = f"{caught.value} {caught.value!r} {caught.value.body}"
    assert "a-session-token" not in shown
    assert "0123456789" not in shown
