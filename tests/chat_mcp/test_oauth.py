"""Logging in at a server that wants it, by way of the official SDK."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from chat_core import ConfigurationError
from chat_core.testing.loopback.http import Listener
from chat_core.testing.loopback.reaction import Reaction
from chat_mcp import McpServer, oauth_transport
from mcp_servers import modern, one_tool


class Guarded:
    """A server that wants a token, and the authorization server that gives one."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._answer = modern([one_tool()])
        self.listener = Listener(self.react)
        self.url = f"http://127.0.0.1:{self.listener.port}"
        self.listener.start()

    def react(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        path = urlsplit(path).path
        self.paths.append(path)
        if path == "/mcp" and headers.get("authorization") != "Bearer token-1":
            where = f'Bearer resource_metadata="{self.url}/.well-known/oauth-protected-resource/mcp"'
            return Reaction(401, {"www-authenticate": where}, (b"",))
        given = self._given(path, body)
        if given is None:
            return Reaction(404, {}, (b"",))
        return Reaction(200, {"content-type": "application/json"}, (json.dumps(given).encode(),))

    def _given(self, path: str, body: bytes) -> Any:
        if path == "/mcp":
            return self._answer(json.loads(body))
        if path.startswith("/.well-known/oauth-protected-resource"):
            return {"resource": f"{self.url}/mcp", "authorization_servers": [self.url]}
        if path.startswith("/.well-known/oauth-authorization-server"):
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "registration_endpoint": f"{self.url}/register",
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
            }
        if path == "/register":
            return {**json.loads(body), "client_id": "client-1"}
        if path == "/token":
            assert parse_qs(body.decode())["code"] == ["code-1"]
            return {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}
        return None


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    server = Guarded()
    yield server
    server.listener.close()


@pytest.mark.anyio
async def test_the_user_logs_in_once_and_the_next_run_has_the_token(guarded: Guarded) -> None:
    opened: list[str] = []
    storage: dict[str, str] = {}

    async def open_browser(address: str) -> None:
        opened.append(address)

    async def read_code() -> tuple[str, str | None]:
        return "code-1", parse_qs(urlsplit(opened[-1]).query)["state"][0]

    for _ in range(2):
        transport = oauth_transport(
            f"{guarded.url}/mcp",
            redirect_url="http://localhost:8765/callback",
            open_browser=open_browser,
            read_code=read_code,
            storage=storage,
        )
        async with McpServer(f"{guarded.url}/mcp", transport=transport) as server:
            assert [tool.name for tool in await server.tools()] == ["look"]
        await transport.aclose()
    assert len(opened) == 1
    assert opened[0].startswith(f"{guarded.url}/authorize?")
    assert set(storage) == {"tokens", "client"}
    assert guarded.paths.count("/token") == 1
    assert "token-1" not in repr(transport)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.client.auth", None)

    async def nothing(*arguments: object) -> Any:
        return None

    with pytest.raises(ConfigurationError, match=r"pip install 'chat-mcp\[oauth\]'"):
        oauth_transport(
            "https://x.example/mcp", redirect_url="http://localhost/", open_browser=nothing, read_code=nothing
        )
