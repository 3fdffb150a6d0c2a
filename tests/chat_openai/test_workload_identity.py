"""A token of the place where a program runs becomes one of OpenAI's, once, and no error shows either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chat_core import AuthenticationError, ChatRequest, ConnectionFailed, Messages
from chat_core.testing import FakeTransport
from chat_openai import OpenAIBuilder, token_file, workload_identity

pytestmark = pytest.mark.anyio

HELLO = ChatRequest(Messages.from_user("Hello"))
GRANTED = {"access_token": "openai-token", "expires_in": 3600, "token_type": "Bearer"}
RESPONSE = {"id": "r1", "status": "completed", "output": []}


def client(exchange: FakeTransport, api: FakeTransport, subject: Any = lambda: "pod-token") -> Any:
    source = workload_identity("idp_1", "sa_1", subject).over(exchange)
    return OpenAIBuilder().with_model("gpt-5.6").with_transport(api).with_credentials(source).build()


async def async_subject() -> str:
    return "pod-token"


@pytest.mark.parametrize("subject", [lambda: "pod-token", async_subject], ids=["sync", "async"])
async def test_a_token_is_exchanged_once_and_used_for_every_request(subject: Any) -> None:
    exchange, api = FakeTransport().answer(GRANTED), FakeTransport().answer(RESPONSE).answer(RESPONSE)
    made = client(exchange, api, subject)
    await made.complete(HELLO)
    await made.complete(HELLO)
    [request] = exchange.requests
    assert (request.method, request.url) == ("POST", "https://auth.openai.com/oauth/token")
    assert json.loads(request.body) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": "pod-token",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "identity_provider_id": "idp_1",
        "service_account_id": "sa_1",
    }
    assert [each.headers["authorization"] for each in api.requests] == ["Bearer openai-token"] * 2


async def test_an_id_token_is_named_so() -> None:
    exchange = FakeTransport().answer(GRANTED)
    source: Any = workload_identity("i", "s", async_subject, token_type="id").over(exchange)
    assert (await source()).value == "openai-token"
    assert exchange.last_body["subject_token_type"] == "urn:ietf:params:oauth:token-type:id_token"


async def test_after_a_401_the_token_is_exchanged_again() -> None:
    exchange = FakeTransport().answer(GRANTED).answer({**GRANTED, "access_token": "second"})
    api = FakeTransport().answer({"error": {"message": "expired"}}, status=401).answer(RESPONSE)
    await client(exchange, api).complete(HELLO)
    assert [each.headers["authorization"] for each in api.requests] == [
        "Bearer openai-token",
        "Bearer second",
    ]


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (
            {"error": "invalid_grant", "error_description": "pod-token is not known"},
            400,
            r"\*\*\* is not known",
        ),
        ({"expires_in": 3600}, 200, "no access_token"),
        (b"<html>pod-token</html>", 200, "not a token"),
    ],
)
async def test_a_refused_exchange_is_an_authentication_error_that_shows_no_token(
    answer: Any, status: int, words: str
) -> None:
    api = FakeTransport()
    with pytest.raises(AuthenticationError, match=words) as caught:
        await client(FakeTransport().answer(answer, status=status), api).complete(HELLO)
    assert "pod-token" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert api.requests == []


async def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(AuthenticationError, match=r"auth\.openai\.com.*gone"):
        await client(FakeTransport().fail(ConnectionFailed("gone")), FakeTransport()).complete(HELLO)


async def test_the_token_file_is_read_each_time_and_named_where_it_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with pytest.raises(AuthenticationError, match="cannot be read"):
        await client(FakeTransport(), FakeTransport(), token_file(path)).complete(HELLO)
    path.write_text("")
    with pytest.raises(AuthenticationError, match="is empty"):
        token_file(path)()
    path.write_text(" first \n")
    read = token_file(path)
    assert read() == "first"
    path.write_text("second")
    assert read() == "second"
