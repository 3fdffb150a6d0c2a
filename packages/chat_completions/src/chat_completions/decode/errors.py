"""Errors with what to change, where a status tells that the base URL is not right or a schema was refused."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from chat_core import ProviderError
from chat_core.wire import decode_error

_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/models", "/responses", "/rerank")


def decode_server_error(
    status: int, headers: Mapping[str, str], body: bytes, *, base_url: str
) -> ProviderError:
    """Return the error of a response that is not 2xx.

    Its message says what to change where that can be known.
    """
    error = decode_error(status, headers, body)
    advice = _advice(error, headers, base_url)
    if advice:
        error.message = f"{error.message}; {advice}"
        error.args = (f"{error.args[0]}; {advice}",)
    return error


def _advice(error: ProviderError, headers: Mapping[str, str], base_url: str) -> str:
    status = error.status or 0
    if 300 <= status < 400:
        place = headers.get("location", "another place").partition("?")[0][:300]  # a query may hold a token
        return f"the server redirects to {place!r}: use it in .with_base_url(...)"
    if status in (404, 405) and not _names_model(error):
        return _about_path(base_url)
    if status in (400, 422) and _is_about_schema(error):
        return ".with_strict_output(False) on the provider's builder asks the server only to try"
    return ""


def _about_path(base_url: str) -> str:
    path = urlsplit(base_url).path.rstrip("/")
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            return f"the base URL is {base_url}: leave out {endpoint!r}, which is added to it"
    if not path:
        return f"the base URL is {base_url}: most servers want /v1 at its end"
    return f"the base URL is {base_url}: is its path right?"


def _names_model(error: ProviderError) -> bool:
    words = f"{error.code} {error.message[:2000]}".lower()
    return "model" in words or "deployment" in words


def _is_about_schema(error: ProviderError) -> bool:
    words = error.message[:2000].lower()
    return "schema" in words and any(
        word in words for word in ("response_format", "additionalproperties", "strict", "json_schema")
    )
