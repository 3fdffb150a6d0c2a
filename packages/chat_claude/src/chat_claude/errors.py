"""From an error body to our error: by its own code, else by its type, else by the status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from chat_core import (
    AuthenticationError,
    InvalidRequest,
    JsonObject,
    JsonValue,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
)
from chat_core.types.json_values import as_object, as_text
from chat_core.wire.error_body import retry_after


@dataclass(frozen=True, slots=True)
class _Kind:
    error: type[ProviderError]
    retryable: bool = False


_BY_CODE = {
    "enforced_spend_limit_reached": _Kind(RateLimited),
    "contract_spend_limit_reached": _Kind(RateLimited),
    "linked_organization_spend_limit_reached": _Kind(RateLimited),
    "ramp_limit_exceeded": _Kind(RateLimited, retryable=True),
    "cmek_context_unavailable": _Kind(Overloaded, retryable=True),
    "file_expired": _Kind(NotFound),
    "thread_not_found": _Kind(NotFound),
    "user_profile_not_found": _Kind(NotFound),
    "image_dimensions_too_large": _Kind(InvalidRequest),
    "tool_name_conflict": _Kind(InvalidRequest),
    "tool_reference_unresolved": _Kind(InvalidRequest),
    "available_tools_limit_exceeded": _Kind(InvalidRequest),
    "file_not_downloadable": _Kind(InvalidRequest),
    "request_body_too_large_after_decoding": _Kind(InvalidRequest),
}
_BY_TYPE = {
    "invalid_request_error": _Kind(InvalidRequest),
    "authentication_error": _Kind(AuthenticationError),
    "billing_error": _Kind(PermissionDenied),
    "permission_error": _Kind(PermissionDenied),
    "not_found_error": _Kind(NotFound),
    "conflict_error": _Kind(ProviderError, retryable=True),
    "request_too_large": _Kind(InvalidRequest),
    "rate_limit_error": _Kind(RateLimited, retryable=True),
    "api_error": _Kind(ProviderError, retryable=True),
    "timeout_error": _Kind(ProviderError, retryable=True),
    "overloaded_error": _Kind(Overloaded, retryable=True),
}
_BY_STATUS = {
    400: _Kind(InvalidRequest),
    401: _Kind(AuthenticationError),
    402: _Kind(PermissionDenied),
    403: _Kind(PermissionDenied),
    404: _Kind(NotFound),
    408: _Kind(ProviderError, retryable=True),
    409: _Kind(ProviderError, retryable=True),
    413: _Kind(InvalidRequest),
    422: _Kind(InvalidRequest),
    429: _Kind(RateLimited, retryable=True),
    503: _Kind(Overloaded, retryable=True),
    529: _Kind(Overloaded, retryable=True),
}
_REQUEST_IDS = ("request-id", "x-request-id", "x-amzn-requestid")


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error that a body says; one that is no JSON, as the servers in between send, is its own message."""
    text = body.decode("utf-8", "replace")
    try:
        value = cast("JsonValue", json.loads(text))
    except (ValueError, RecursionError):
        value = None
    envelope = as_object(
        value[0] if isinstance(value, list) and value else value
    )  # Google's servers send a list of one
    inner = as_object(envelope.get("error"))
    code = as_text(as_object(inner.get("details")).get("error_code"))
    kind = _kind(status, code, as_text(inner.get("type")))
    advice = headers.get("x-should-retry")
    return kind.error(
        _message(envelope, inner) or text.strip()[:1000] or f"status {status} without a body",
        status=status,
        code=code or as_text(inner.get("type")) or None,
        request_id=as_text(envelope.get("request_id"))
        or next((headers[name] for name in _REQUEST_IDS if name in headers), None),
        retry_after=retry_after(headers),
        retryable=advice == "true" if advice in ("true", "false") else kind.retryable,
        body=text if value is None else value,
    )


def _kind(status: int, code: str, type_: str) -> _Kind:
    kind = (
        _BY_CODE.get(code)
        or _BY_TYPE.get(type_)
        or _BY_STATUS.get(status)
        or _Kind(ProviderError, retryable=status >= 500)
    )
    if kind.error is ProviderError and status in (503, 529):  # as an api_error may come
        return _BY_STATUS[status]
    return kind


def _message(envelope: JsonObject, inner: JsonObject) -> str:
    for said in (
        inner.get("message"),
        envelope.get("message"),
        envelope.get("error"),
        envelope.get("detail"),
    ):
        if said:
            return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return ""
