"""Requests of the Model Context Protocol: bodies and headers."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

from chat_core import JsonObject, JsonValue
from chat_core.types.json_values import as_object

from chat_mcp.wire import MODERN

CLIENT: Final[JsonObject] = {"name": "chat-mcp", "version": "0.1"}
_PLAIN_HEADER: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_ENCODED_HEADER: Final = re.compile(r"=\?base64\?.*\?=")


def request_message(id: int, method: str, params: JsonObject) -> JsonObject:
    """Return a JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def notification_message(method: str, params: JsonObject) -> JsonObject:
    """Return a JSON-RPC notification."""
    return {"jsonrpc": "2.0", "method": method, "params": params}


def result_message(id: JsonValue, result: JsonObject) -> JsonObject:
    """Return the answer to a request of the server's."""
    return {"jsonrpc": "2.0", "id": id, "result": result}


def error_message(id: JsonValue, code: int, message: str) -> JsonObject:
    """Return the refusal of a request of the server's."""
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}


def with_envelope(params: JsonObject, version: str, capabilities: JsonObject) -> JsonObject:
    """Return the parameters of a request with what every request of a version without sessions carries."""
    if version not in MODERN:
        return params
    meta = as_object(params.get("_meta"))
    envelope: JsonObject = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": CLIENT,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    }
    return {**params, "_meta": {**meta, **envelope}}


def request_headers(version: str | None, method: str, name: str | None = None) -> dict[str, str]:
    """Return the headers of a request.

    `version` is None before one has been agreed on. `name` is the tool that the request is about.
    """
    headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    if version is not None:
        headers["mcp-protocol-version"] = version
    if version in MODERN:
        headers["mcp-method"] = method
        if name is not None:
            headers["mcp-name"] = header_value(name)
    return headers


def argument_headers(paths: Mapping[tuple[str, ...], str], arguments: JsonObject) -> dict[str, str]:
    """Return the headers that repeat some arguments of a call, by their place in the arguments."""
    headers: dict[str, str] = {}
    for path, name in paths.items():
        value: JsonValue = arguments
        for key in path:
            value = as_object(value).get(key)
        if isinstance(value, bool):
            headers[f"mcp-param-{name.lower()}"] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            headers[f"mcp-param-{name.lower()}"] = header_value(str(value))
    return headers


def header_value(text: str) -> str:
    """Return a text as the value of a header: base64, marked as such, where it is not plain ASCII."""
    if not text or (_PLAIN_HEADER.fullmatch(text) and not _ENCODED_HEADER.fullmatch(text)):
        return text
    return f"=?base64?{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}?="
