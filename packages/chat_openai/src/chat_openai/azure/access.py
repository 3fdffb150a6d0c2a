"""What a client for Azure is let in by: a key, or a token of Microsoft Entra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from chat_core import ConfigurationError
from chat_core.client import Connection, ResolvedServer, Server, checked_key

from chat_openai.azure.endpoint import checked_endpoint
from chat_openai.azure.entra import TokenCredential, token_source


class Credential(NamedTuple):
    """A credential of azure-identity, and the scope of its tokens; without one it follows from the host."""

    credential: TokenCredential
    scope: str | None = None


def resolve(
    server: Server,
    tokens: Server,
    connection: Connection,
    credential: Credential | None,
    variables: Mapping[str, str],
    builder: str,
) -> tuple[str, Connection]:
    """Return the endpoint, and the connection with what authorizes it, in a header or by a source of tokens.

    `tokens` is `server` with the environment variables of tokens in place of those of keys. Raises
    `ConfigurationError` where neither is known.
    """
    if credential is not None or connection.credentials is not None:
        without_token = {**variables, **dict.fromkeys(tokens.key_variables, "")}
        endpoint = tokens.resolve(
            connection, without_token, builder=builder, checked=checked_endpoint
        ).base_url
        source = connection.credentials
        if credential is not None:
            source = token_source(credential.credential, endpoint, credential.scope)
        return endpoint, replace(connection, credentials=source, api_key=None)
    resolved = tokens.resolve(connection, variables, builder=builder, checked=checked_endpoint)
    if resolved.api_key and connection.api_key is None:
        header = {"authorization": f"Bearer {checked_key(resolved.api_key)}"}
    else:
        try:
            resolved = server.resolve(connection, variables, builder=builder, checked=checked_endpoint)
        except ConfigurationError as error:
            raise ConfigurationError(f"{error}, or .with_credentials(DefaultAzureCredential())") from None
        header = {"api-key": checked_key(resolved.api_key)} if resolved.api_key else {}
    headers = {**header, **connection.headers}
    return resolved.base_url, replace(connection, api_key=None, headers=headers)


def resolved_server(url: str, connection: Connection, server: Server, tokens: Server) -> ResolvedServer:
    """Return the server at a URL. Its key is a header of the connection, or comes from its source."""
    advice = "its token came from .with_credentials(...)"
    if connection.credentials is None:
        variables = (*server.key_variables, *tokens.key_variables)
        advice = f"its key came from .with_api_key(...){_listed(variables)}"
    return ResolvedServer(url, None, True, advice)


def _listed(names: tuple[str, ...]) -> str:
    return "".join(f", {name}" for name in names[:-1]) + f" or {names[-1]}"
