"""A transport that logs in: OAuth 2.1 with discovery, registration and refresh, by the official SDK."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, TypeVar

from chat_core import ConfigurationError, HttpTransport
from chat_core.client import checked_url

if TYPE_CHECKING:
    from chat_core.transport.http import AsyncClient
    from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

R = TypeVar("R")


def oauth_transport(
    url: str,
    *,
    redirect_url: str,
    open_browser: Callable[[str], Awaitable[object]],
    read_code: Callable[[], Awaitable[tuple[str, str | None]]],
    storage: MutableMapping[str, str] | None = None,
    client_name: str = "chat-mcp",
    scope: str | None = None,
) -> HttpTransport:
    """Return a transport for `McpServer(url, transport=...)` that logs in once the server wants it.

    `open_browser(address)` shows the user the page to log in at, and `read_code()` then returns the `code`
    and the `state` that the browser brings to `redirect_url`. `storage` keeps tokens and the registration,
    as JSON texts, from one run to the next: it holds secrets. `scope` is what to ask for, by default what
    the server names. `await transport.aclose()` closes its connections in the end. Raises
    `ConfigurationError` where `chat-mcp[oauth]` is not installed.
    """
    checked_url(url, may_hold_key=True)
    try:
        from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
        from mcp.shared._httpx_utils import create_mcp_http_client
        from mcp.shared.auth import OAuthClientMetadata
    except ImportError as exc:
        raise ConfigurationError("oauth_transport(...) needs: pip install 'chat-mcp[oauth]'") from exc

    async def show(address: str) -> None:
        await open_browser(address)

    async def receive() -> AuthorizationCodeResult:
        code, state = await read_code()
        return AuthorizationCodeResult(code=code, state=state)

    metadata = OAuthClientMetadata.model_validate(_registration(redirect_url, client_name, scope))
    kept = _Storage({} if storage is None else storage)
    login = OAuthClientProvider(url, metadata, kept, redirect_handler=show, callback_handler=receive)
    client = create_mcp_http_client(auth=login)
    return _LoginTransport(client, client.aclose)


def _registration(redirect_url: str, client_name: str, scope: str | None) -> dict[str, object]:
    """Return what a client registers itself with."""
    return {
        "redirect_uris": [redirect_url],
        "client_name": client_name,
        "scope": scope,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }


class _LoginTransport(HttpTransport):
    """A transport over a client that nobody else has, so that it is closed with it."""

    def __init__(self, client: AsyncClient[R], close: Callable[[], Awaitable[None]]) -> None:
        super().__init__(client=client)
        self._close = close

    async def aclose(self) -> None:
        """Close the connections, for good: another run needs another transport."""
        await self._close()


class _Storage:
    """Tokens and the registration, in the application's mapping."""

    def __init__(self, texts: MutableMapping[str, str]) -> None:
        self._texts = texts

    async def get_tokens(self) -> OAuthToken | None:
        from mcp.shared.auth import OAuthToken

        text = self._texts.get("tokens")
        return None if text is None else OAuthToken.model_validate_json(text)

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._texts["tokens"] = tokens.model_dump_json(exclude_none=True)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        from mcp.shared.auth import OAuthClientInformationFull

        text = self._texts.get("client")
        return None if text is None else OAuthClientInformationFull.model_validate_json(text)

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._texts["client"] = client_info.model_dump_json(exclude_none=True)
