"""Tokens of Microsoft Entra, from azure-identity's credentials as they are.

Facts: azure-identity 1.27 and Azure's documentation, November 2026.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Final, Protocol, runtime_checkable
from urllib.parse import urlsplit

from chat_core.client import CredentialSource

_RESOURCE_SCOPE: Final = "https://cognitiveservices.azure.com/.default"
_FOUNDRY_SCOPE: Final = "https://ai.azure.com/.default"


class AccessToken(Protocol):
    """A token and when it expires, in seconds since the epoch: what a credential gives."""

    @property
    def token(self) -> str: ...

    @property
    def expires_on(self) -> int: ...


@runtime_checkable
class TokenCredential(Protocol):
    """A credential of azure-identity, sync or async."""

    def get_token(self, *scopes: str) -> AccessToken | Awaitable[AccessToken]:
        """Return a token for these scopes."""
        ...


def token_source(credential: TokenCredential, endpoint: str, scope: str | None) -> CredentialSource:
    """Return the source of a credential's tokens. Without a `scope` it follows from the endpoint's host."""
    host = urlsplit(endpoint).hostname or ""
    known = _FOUNDRY_SCOPE if host.endswith("services.ai.azure.com") else _RESOURCE_SCOPE
    return partial(_token, credential, scope or known)


def _token(credential: TokenCredential, scope: str) -> tuple[str, float] | Awaitable[tuple[str, float]]:
    token = credential.get_token(scope)
    return _awaited(token) if isinstance(token, Awaitable) else (token.token, float(token.expires_on))


async def _awaited(token: Awaitable[AccessToken]) -> tuple[str, float]:
    got = await token
    return got.token, float(got.expires_on)
