"""Explanations of requests: what would be sent, with the headers that a transport adds for the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol, cast, runtime_checkable

from chat_core.transport import Request, Transport
from chat_core.types.explanation import Explanation, hidden_headers, hidden_query
from chat_core.types.json_values import JsonObject
from chat_core.types.response import Notice


@runtime_checkable
class AddsHeaders(Protocol):
    """A transport that gives each request headers by which the server accepts it, such as a signature."""

    @property
    def added_headers(self) -> Mapping[str, str]:
        """The names of the headers, in lower case, each with what stands for its value."""
        ...


def explanation(request: Request, notices: tuple[Notice, ...], transport: Transport) -> Explanation:
    """Return the explanation of a request with a JSON body that would go over this transport."""
    headers = hidden_headers(request.headers)
    if isinstance(transport, AddsHeaders):
        headers |= transport.added_headers
    body = cast("JsonObject", json.loads(request.body))
    return Explanation(request.method, hidden_query(request.url), headers, body, request.body, notices)
