"""A token of the place where a program runs becomes one of Anthropic's, and no error shows either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import WorkloadIdentityCredentials
from chat_claude import ClaudeBuilder, token_file, workload_identity
from chat_core import AuthenticationError, ChatRequest, ConfigurationError, Messages
from chat_core.testing import FakeTransport

pytestmark = pytest.mark.anyio

KEYS = ("ANTHROPIC_API_KEY", "CLAUDE_API_KEY", "ANTHROPIC_AUTH_TOKEN")
HI = ChatRequest(Messages.from_user("Hi"))
GRANTED = {"access_token": "sk-ant-oat01-granted", "expires_in": 600, "token_type": "Bearer"}
MESSAGE = {"type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
VARIABLES = {
    "ANTHROPIC_FEDERATION_RULE_ID": "fdrl_1",
    "ANTHROPIC_ORGANIZATION_ID": "org-uuid",
    "ANTHROPIC_IDENTITY_TOKEN": "pod-token",
}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *VARIABLES,
        "ANTHROPIC_API_KEY",
        "CLAUDE_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_BASE_URL",
    ):
        monkeypatch.delenv(name, raising=False)


def sdk_request(**options: Any) -> httpx2.Request:
    """What Anthropic's own SDK sends to exchange a token."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=GRANTED)

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        WorkloadIdentityCredentials(
            identity_token_provider=lambda: "pod-token", http_client=http, **options
        )()
    return seen[0]


@pytest.mark.parametrize("optional", [{}, {"service_account_id": "svac_1", "workspace_id": "default"}])
async def test_the_exchange_is_that_of_anthropics_sdk(optional: dict[str, str]) -> None:
    exchange, api = FakeTransport().answer(GRANTED), FakeTransport().answer(MESSAGE).answer(MESSAGE)
    source = workload_identity("fdrl_1", "org-uuid", lambda: "pod-token", **optional).over(exchange)
    client = ClaudeBuilder().with_model("m").with_transport(api).with_credentials(source).build()
    await client.complete(HI)
    await client.complete(HI)

    [request] = exchange.requests
    official = sdk_request(federation_rule_id="fdrl_1", organization_id="org-uuid", **optional)
    assert (request.method, request.url) == (official.method, str(official.url))
    assert json.loads(request.body) == json.loads(official.content)
    assert request.headers["anthropic-beta"] == official.headers["anthropic-beta"]
    for sent in api.requests:
        assert sent.headers["authorization"] == "Bearer sk-ant-oat01-granted"
        assert sent.headers["anthropic-beta"] == "oauth-2025-04-20"
        assert "x-api-key" not in sent.headers


async def test_the_variables_of_the_sdk_make_a_source_where_there_is_no_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file\n")
    for name, value in {**VARIABLES, "ANTHROPIC_IDENTITY_TOKEN_FILE": str(file)}.items():
        monkeypatch.setenv(name, value)
    exchange, api = FakeTransport().answer(GRANTED), FakeTransport().answer(MESSAGE)
    monkeypatch.setattr("chat_core.client.token_exchange.default_transport", lambda url: exchange)
    await ClaudeBuilder().with_model("m").with_transport(api).build().complete(HI)

    assert exchange.requests[0].url == "https://api.anthropic.com/v1/oauth/token"
    assert exchange.last_body["assertion"] == "from-a-file"
    assert api.requests[0].headers["authorization"] == "Bearer sk-ant-oat01-granted"


async def test_a_key_comes_before_them_and_no_other_server_gets_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    api = FakeTransport().answer(MESSAGE).answer(MESSAGE)
    builder = ClaudeBuilder().with_model("m").with_transport(api)
    await builder.with_api_key("k").build().complete(HI)
    await builder.with_base_url("https://gateway.example").build().complete(HI)
    assert [request.headers.get("x-api-key") for request in api.requests] == ["k", None]
    assert not any("authorization" in request.headers for request in api.requests)


@pytest.mark.parametrize("missing", ["ANTHROPIC_ORGANIZATION_ID", "ANTHROPIC_IDENTITY_TOKEN"])
def test_a_part_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    with pytest.raises(ConfigurationError, match=rf"RULE_ID is set but .*{missing} is not"):
        ClaudeBuilder().with_model("m").build()


async def test_a_refused_exchange_shows_the_servers_words_and_no_token() -> None:
    words = {"error": "invalid_grant", "error_description": "pod-token matches no rule"}
    exchange = FakeTransport().answer(words, status=400)
    source = workload_identity("fdrl_1", "org-uuid", lambda: "pod-token").over(exchange)
    client = ClaudeBuilder().with_model("m").with_transport(FakeTransport()).with_credentials(source).build()
    with pytest.raises(
        AuthenticationError, match=r"oauth/token gave no token: .*\*\*\* matches no rule"
    ) as raised:
        await client.complete(HI)
    assert "pod-token" not in repr(raised.value) + repr(source)


async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    source = workload_identity("fdrl_1", "org-uuid", token_file(tmp_path / "nothing"))
    client = ClaudeBuilder().with_model("m").with_transport(FakeTransport()).with_credentials(source).build()
    with pytest.raises(AuthenticationError, match=r"nothing cannot be read: No such file"):
        await client.complete(HI)
