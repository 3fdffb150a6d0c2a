"""What a server answers in place of a result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from chat_core import AuthenticationError, JsonObject, JsonValue, ProviderError, ToolFailure
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import decode_error

_OF_THE_CONNECTION = frozenset((401, 402, 403, 408, 429, 500, 502, 503, 504))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class McpError(ProviderError):
    """The server answered with a JSON-RPC error. `code` is its number as text, `body` the error object."""

    @property
    def number(self) -> int | None:
        """The number of the error, such as -32601 for an unknown method; None where there is none."""
        code = as_object(self.body).get("code")
        return code if isinstance(code, int) else None


class ToolError(ToolFailure):
    """A tool of a server failed, or its call could not be brought to an end; the model reads why."""


class SessionLost(McpError):
    """The server does not know the session any more: it was restarted, or the session has expired."""


def json_rpc_error(error: JsonObject, status: int | None = None) -> McpError:
    """Return the error of a JSON-RPC error object."""
    code = error.get("code")
    return McpError(
        as_text(error.get("message")) or "the server gave no reason",
        status=status,
        code=None if code is None else str(code),
        body=error,
    )


def error_of_response(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error of a response that is not 2xx: the JSON-RPC error in it, or what the status says."""
    if status in _REDIRECTS:
        target = headers.get("location", "elsewhere").partition("?")[0]
        return ProviderError(
            f"the server redirects to {target}; redirects are not followed, since the headers may hold a "
            "secret: use that URL if it is the right server's",
            status=status,
        )
    error = decode_error(status, headers, body)
    if isinstance(error, AuthenticationError):
        advice = 'send a token, headers={"Authorization": "Bearer ..."}, or use chat_mcp.oauth'
        error.args = (f"{error.args[0]}; {advice}", *error.args[1:])
    if status in _OF_THE_CONNECTION:
        return error
    found = as_object(_parsed(body)).get("error")
    return json_rpc_error(found, status) if isinstance(found, dict) and "code" in found else error


def lost_session(error: ProviderError) -> SessionLost | None:
    """Return the error as a lost session where it is that: 404, or a 400 that speaks of the session."""
    if error.status != 404 and not (error.status == 400 and "session" in error.message.lower()):
        return None
    return SessionLost(error.message, status=error.status, code=error.code, body=error.body)


def _parsed(body: bytes) -> JsonValue:
    try:
        return cast("JsonValue", json.loads(body))
    except (ValueError, RecursionError):
        return None
