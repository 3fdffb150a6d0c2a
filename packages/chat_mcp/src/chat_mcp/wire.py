"""The wire of the Model Context Protocol: JSON-RPC messages, and the versions of the protocol.

Facts: the specification, and traffic recorded between client and server of its official SDK, November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias, cast

from chat_core import InvalidResponse, JsonObject, JsonValue
from chat_core.types.json_values import as_object, as_text

# -- sent

MODERN: Final = ("2026-07-28",)
"""Versions without a session: every request carries who sends it and which version it speaks."""
HANDSHAKE: Final = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Versions that begin with `initialize`, newest first."""

UNSUPPORTED_VERSION: Final = -32022
METHOD_NOT_FOUND: Final = -32601

DISCOVER: Final = "server/discover"
INITIALIZE: Final = "initialize"
INITIALIZED: Final = "notifications/initialized"
CANCELLED: Final = "notifications/cancelled"
LIST: Final = "tools/list"
CALL: Final = "tools/call"
ELICIT: Final = "elicitation/create"
PING: Final = "ping"
PROGRESS: Final = "notifications/progress"
LIST_CHANGED: Final = "notifications/tools/list_changed"
LOG: Final = "notifications/message"

META: Final = "io.modelcontextprotocol"

# -- received


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a request: `result`, or an `error` object. `id` is None where an error names none."""

    id: JsonValue
    result: JsonObject | None = field(default=None, repr=False)
    error: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """What a server wants of this client while it works on a request."""

    id: JsonValue
    method: str
    params: JsonObject = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification of the server, which is not answered."""

    method: str
    params: JsonObject = field(repr=False)


WireMessage: TypeAlias = Answer | ServerRequest | Notification


def read_messages(text: str) -> Iterator[WireMessage]:
    """Yield the message of a JSON text, or those of a batch. Raises `InvalidResponse`."""
    try:
        value = cast("JsonValue", json.loads(text))
    except (ValueError, RecursionError) as exc:
        raise InvalidResponse(f"not a message of MCP: {text[:200]!r}") from exc
    for item in value if isinstance(value, list) else [value]:
        yield _message(item)


def _message(value: JsonValue) -> WireMessage:
    message = as_object(value)
    id, method = message.get("id"), as_text(message.get("method"))
    if method and id is not None:
        return ServerRequest(id, method, as_object(message.get("params")))
    if method:
        return Notification(method, as_object(message.get("params")))
    if isinstance(message.get("error"), dict):
        return Answer(id, error=as_object(message["error"]))
    if "result" in message and id is not None:
        return Answer(id, result=as_object(message["result"]))
    raise InvalidResponse(f"not a message of MCP: {json.dumps(value)[:200]}")
