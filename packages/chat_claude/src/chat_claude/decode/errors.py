"""The words of Anthropic's errors, and errors read by them.

Facts: the Messages API reference, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from chat_core import JsonObject, ProviderError
from chat_core.wire import ErrorWords, error_from_object
from chat_core.wire import decode_error as decode_any_error

_WORDS = ErrorWords(
    overrides={
        "enforced_spend_limit_reached": 429,
        "contract_spend_limit_reached": 429,
        "linked_organization_spend_limit_reached": 429,
        "ramp_limit_exceeded": 429,
        "cmek_context_unavailable": 503,
        "file_expired": 404,
        "thread_not_found": 404,
        "user_profile_not_found": 404,
        "image_dimensions_too_large": 400,
        "tool_name_conflict": 400,
        "tool_reference_unresolved": 400,
        "available_tools_limit_exceeded": 400,
        "file_not_downloadable": 400,
        "request_body_too_large_after_decoding": 413,
        "invalid_request_error": 400,
        "authentication_error": 401,
        "billing_error": 402,
        "permission_error": 403,
        "not_found_error": 404,
        "conflict_error": 409,
        "request_too_large": 413,
        "rate_limit_error": 429,
        "timeout_error": 408,
        "overloaded_error": 529,
        "ModelErrorException": 500,
        "ModelStreamErrorException": 500,
    },
    statuses={
        "api_error": 500,
        "ValidationException": 400,
        "ServiceQuotaExceededException": 400,
        "AccessDeniedException": 403,
        "ResourceNotFoundException": 404,
        "ModelTimeoutException": 408,
        "ThrottlingException": 429,
        "ModelNotReadyException": 429,
        "InternalServerException": 500,
        "ServiceUnavailableException": 503,
    },
    request_ids=("request-id", "x-request-id", "x-amzn-requestid"),
)

event_error: partial[ProviderError] = partial(error_from_object, words=_WORDS)
"""Return the error that a frame, or a body under status 200, describes."""


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error of a response that is not 2xx. Amazon names its kind in a header."""
    error = decode_any_error(status, headers, body, words=_WORDS)
    kind = headers.get("x-amzn-errortype", "").partition(":")[0].strip()[:200]
    if not kind or error.code is not None:
        return error
    named: JsonObject = {"message": error.message, "code": kind}
    found = error_from_object(named, status=status, headers=headers, words=_WORDS)
    found.body = error.body
    return found
