"""Nothing that is recorded holds a secret of the request: of its URL, its headers, or a server's tools."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ChatError, HttpTransport, Messages, RetryPolicy
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_openai import OpenAIBuilder
from chat_responses import ResponsesBuilder

from .conftest import Recorded

pytestmark = pytest.mark.anyio

SECRETS = {name: f"swordfish-{name}" for name in ("key", "header", "query", "path", "mcp", "url", "domain")}
MCP = {
    "type": "mcp",
    "server_label": "wiki",
    "server_url": f"https://mcp.example/{SECRETS['url']}?token={SECRETS['url']}",
    "headers": {"Authorization": SECRETS["mcp"]},
    "authorization": SECRETS["mcp"],
}
CODE = {
    "type": "code_interpreter",
    "container": {
        "type": "auto",
        "network_policy": {
            "type": "allowlist",
            "allowed_domains": ["a.example"],
            "domain_secrets": [{"domain": "a.example", "name": "T", "value": SECRETS["domain"]}],
        },
    },
}
BUILDERS: dict[str, Any] = {
    "claude": ClaudeBuilder().with_mcp_server(
        "wiki", f"https://mcp.example/{SECRETS['url']}", authorization_token=SECRETS["mcp"]
    ),
    "completions": ChatCompletionsBuilder(),
    "gemini": GeminiBuilder(),
    "openai": OpenAIBuilder().with_native_tool(MCP).with_native_tool(CODE),
    "responses": ResponsesBuilder().with_native_tool(MCP).with_native_tool(CODE),
}


def secret(builder: Any, base: str = "https://model.example") -> Any:
    takes_query = not isinstance(builder, ClaudeBuilder | GeminiBuilder)
    query = f"?tenant={SECRETS['query']}" if takes_query else ""
    builder = (
        builder.with_base_url(f"{base}/{SECRETS['path']}{query}").with_model("m").with_api_key(SECRETS["key"])
    )
    return builder.with_header("x-token", SECRETS["header"])


def everything(recorded: Recorded) -> str:
    texts = [span.to_json() for span in recorded.spans]
    texts += [json.dumps([event.body, dict(event.attributes)], default=repr) for event in recorded.events]
    return "".join(texts) + repr(recorded.metrics())


async def turn(chat: Any, way: str) -> None:
    if way == "complete":
        await chat.complete("Hello?")
        return
    async with chat.stream("Hello?") as events:
        _ = [event async for event in events]


@pytest.mark.parametrize("way", ["complete", "stream"])
@pytest.mark.parametrize("name", BUILDERS)
async def test_a_failed_turn_records_no_secret_of_its_request_or_of_the_response_that_quotes_it(
    name: str, way: str, recorded: Recorded
) -> None:
    bad = f"bad: {SECRETS['key']} {SECRETS['header']}"
    quoted = {"error": {"message": bad, "code": SECRETS["key"], "type": SECRETS["header"]}}
    transport = FakeTransport().answer(quoted, status=500).answer(quoted, status=401)
    client = secret(BUILDERS[name]).with_transport(transport).build()
    retry = RetryPolicy(max_retries=1, base_delay=0)
    chat = ChatBuilder().with_model(client).with_retry(retry)
    chat = chat.with_telemetry(**recorded.given, agent="a", content="both").build()

    with pytest.raises(ChatError):
        await turn(chat, way)

    assert len(transport.requests) == 2
    sent = repr([(one.url, dict(one.headers), one.body) for one in transport.requests])
    assert SECRETS["key"] in sent
    assert SECRETS["path"] in sent
    assert "model.example" in everything(recorded)
    assert "Hello?" in everything(recorded)
    assert [name for name, value in SECRETS.items() if value in everything(recorded)] == []


@pytest.mark.parametrize("name", BUILDERS)
async def test_a_server_that_cannot_be_reached_is_recorded_without_its_address_beyond_host_and_port(
    name: str, recorded: Recorded
) -> None:
    async with secret(BUILDERS[name], "http://127.0.0.1:1").with_transport(HttpTransport()).build() as client:
        chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=0))
        chat = chat.with_telemetry(**recorded.given, content="both").build()
        with suppress(ChatError):
            await chat.complete(Messages.from_user("Hello?"))

    [span] = recorded.spans
    assert (span.attributes or {})["server.port"] == 1
    assert [name for name, value in SECRETS.items() if value in everything(recorded)] == []
