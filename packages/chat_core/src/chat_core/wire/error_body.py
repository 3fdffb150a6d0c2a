"""Errors from error bodies:

OpenAI's envelope and those that other servers use, under an HTTP status or inside a 200.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from chat_core.types.errors import (
    AuthenticationError,
    ContextWindowExceeded,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    QuotaExceeded,
    RateLimited,
)
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from chat_core.wire.error_kinds import kind_of_words
from chat_core.wire.read import parse_object
from chat_core.wire.retry_after import body_retry_after, retry_after

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_CLASSES: dict[int, type[ProviderError]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    413: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
    498: Overloaded,  # Groq's flex tier
    503: Overloaded,
    529: Overloaded,
}

_NEVER_RETRIED = (ContextWindowExceeded, QuotaExceeded)

# The statuses that words stand for where the HTTP status is 200 and no number says it: types and codes of
# OpenAI's envelope and of Anthropic's, and the status words of gRPC, which gateways hand on.
_STATUS_OF_WORD = {
    "invalid_request_error": 400,
    "invalid_request": 400,
    "bad_request": 400,
    "context_length_exceeded": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "timeout_error": 408,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "rate_limited": 429,
    "too_many_requests": 429,
    "insufficient_quota": 429,
    "throttling": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "overloaded_error": 529,
    "overloaded": 529,
    "server_is_overloaded": 503,
    "service_unavailable": 503,
    "service_unavailable_error": 503,
    "invalid_argument": 400,
    "failed_precondition": 400,
    "out_of_range": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "already_exists": 409,
    "aborted": 409,
    "resource_exhausted": 429,
    "cancelled": 499,
    "internal": 500,
    "unknown": 500,
    "data_loss": 500,
    "unimplemented": 501,
    "unavailable": 503,
    "deadline_exceeded": 504,
}


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """The words of one provider's errors, as data.

    `statuses`: the status that a code or type stands for where the HTTP status is 200.
    `overrides`: codes that decide the kind whatever the HTTP status says.
    `permanent`: codes under which the same request cannot succeed later, whatever the status says.
    `code_fields`: the fields of an error object that hold its code, the most exact one first.
    `request_ids`: the headers that a request's id stands in, the first one there counts.
    """

    statuses: Mapping[str, int] = field(default_factory=dict[str, int])
    overrides: Mapping[str, int] = field(default_factory=dict[str, int])
    permanent: frozenset[str] = frozenset()
    code_fields: tuple[str, ...] = ("code", "type", "status", "error_type")
    request_ids: tuple[str, ...] = (
        *("x-request-id", "request-id", "apim-request-id", "mistral-correlation-id", "inference-id"),
        *("x-amzn-requestid", "x-goog-request-id", "x-cloud-trace-context", "cf-ray"),
    )


def decode_error(
    status: int, headers: Mapping[str, str], body: bytes, words: ErrorWords = ErrorWords()
) -> ProviderError:
    """Return the error of a response that is not 2xx. A body that is no JSON is its own message."""
    text = body.decode("utf-8", "replace")
    try:
        value = cast("JsonValue", json.loads(text))
    except (ValueError, RecursionError):
        value = text
    return error_from_object(value, status=status, headers=headers, words=words)


def error_from_object(
    value: JsonValue,
    *,
    status: int = 200,
    headers: Mapping[str, str] = NO_HEADERS,
    words: ErrorWords = ErrorWords(),
) -> ProviderError:
    """Return the error that a parsed body or a frame describes, in any of the envelopes that servers use.

    Its class follows the HTTP status; under status 200 the status that the error itself names, as a number,
    as digits or by a word. Words decide before it whether the context window or a quota is exceeded. `value`
    is kept as `body`.
    """
    envelope = as_object(value[0] if isinstance(value, list) and value else value)
    inner = _inner(envelope)
    codes = list(_codes(inner, envelope, words.code_fields))
    named = _named_status(status, codes, inner, envelope, words)
    bare = value.strip()[:1000] if isinstance(value, str) else ""
    message = _message(envelope, inner) or bare or _without_message(status, value)
    kind = kind_of_words(named, codes, message, inner) or _CLASSES.get(named, ProviderError)
    after = retry_after(headers, status)
    return kind(
        message,
        status=status,
        code=codes[0] if codes else None,
        request_id=_request_id(headers, envelope, words),
        retry_after=body_retry_after(inner) if after is None else after,
        retryable=kind not in _NEVER_RETRIED and _retryable(named, codes, headers, words),
        body=value,
    )


def is_error_object(frame: JsonObject) -> bool:
    """Return whether an object that is not what was asked for describes an error, in whatever envelope.

    True for `error`, for `object` or `type` "error", and for a message or detail beside a code, a status or
    nothing else. The caller has made sure that none of the fields of a good response is there.
    """
    if frame.get("error") or frame.get("errors") or "error" in (frame.get("object"), frame.get("type")):
        return True
    if any(isinstance(frame.get(name), str | list | dict) and frame.get(name) for name in _MESSAGE_FIELDS):
        return True
    numbers = (frame, as_object(frame.get("base_resp")))
    return any(
        _number(source.get(name)) not in (None, 0, 200)
        for source in numbers
        for name in ("code", "status", "status_code")
    )


def describes_error(body: bytes) -> bool:
    """Return whether a body that could not be read as a response describes an error: by an `error`, or by a
    message that is a text.
    """
    try:
        frame = parse_object(body, "an error")
    except InvalidResponse:
        return False
    if frame.get("error") or "error" in (frame.get("object"), frame.get("type")):
        return True
    return any(isinstance(text := frame.get(name), str) and text for name in _MESSAGE_FIELDS)


_MESSAGE_FIELDS = (
    "message",
    "detail",
    "msg",
    "error_msg",
    "error_message",
    "errorMessage",
    "error_description",
    "status_msg",
)
_NESTED = ("error", "errors", "detail", "base_resp")  # MiniMax says in `base_resp` how every response went


def _inner(envelope: JsonObject) -> JsonObject:
    """Return the object that describes the error: `error`, the first of `errors`, or none."""
    for name in _NESTED:
        value = envelope.get(name)
        if name == "errors" and isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            return value
    return {}


def _codes(inner: JsonObject, envelope: JsonObject, fields: tuple[str, ...]) -> Iterator[str]:
    """Yield the words and numbers that name the kind of error, the most exact one first."""
    details = inner.get("details")
    yield from _words(as_object(details), "error_code")
    for detail in as_list(details):
        yield from _words(as_object(detail), "reason")
    yield from _words(inner, *fields)
    yield from _words(envelope, *fields, "error_code")


def _words(value: JsonObject, *names: str) -> Iterator[str]:
    for name in names:
        word = value.get(name)
        if (
            isinstance(word, str | int)
            and not isinstance(word, bool)
            and str(word)[:200] not in ("", "error")
        ):
            yield str(word)[:200]


def _named_status(
    status: int, codes: list[str], inner: JsonObject, envelope: JsonObject, words: ErrorWords
) -> int:
    """Return the HTTP status that decides the error's class and whether it is retried."""
    for code in codes:
        if code in words.overrides:
            return words.overrides[code]
    if status != 200:
        return status
    for code in codes:
        if code in words.statuses:
            return words.statuses[code]
    fields = ("status_code", "raw_status_code", "status", "code", "http_code")
    numbers = (_number(source.get(name)) for source in (inner, envelope) for name in fields)
    if number := next((number for number in numbers if number and 400 <= number < 600), None):
        return number
    found = (_STATUS_OF_WORD[word] for code in codes if (word := code.lower()) in _STATUS_OF_WORD)
    return next(found, 200)


def _number(value: JsonValue) -> int | None:
    """Return a status as a number: some servers send it as text."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= 6:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _retryable(status: int, codes: list[str], headers: Mapping[str, str], words: ErrorWords) -> bool:
    if (advice := headers.get("x-should-retry")) in ("true", "false"):
        return advice == "true"
    if any(code in words.permanent for code in codes):
        return False
    return status in (408, 409, 429, 498) or (500 <= status < 600 and status != 501)


def _message(envelope: JsonObject, inner: JsonObject) -> str:
    """Return the explanation in an error body, and what a gateway says that its upstream explained."""
    candidates = (
        *(inner.get(name) for name in _MESSAGE_FIELDS),
        *(envelope.get(name) for name in ("error", *_MESSAGE_FIELDS, "errors")),
    )
    message = next((_as_words(value) for value in candidates if value), "")
    upstream = _as_words(as_object(inner.get("metadata")).get("raw"))
    return f"{message}: {upstream[:1000]}" if upstream and message.lower() in _WITHOUT_MEANING else message


_WITHOUT_MEANING = frozenset({"", "provider returned error", "upstream error"})


def _as_words(value: JsonValue) -> str:
    if not value:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _without_message(status: int, value: JsonValue) -> str:
    if value in (None, "", {}, []):
        return f"status {status} without a body"
    return f"status {status} without a message: {json.dumps(value, ensure_ascii=False)[:300]}"


def _request_id(headers: Mapping[str, str], envelope: JsonObject, words: ErrorWords) -> str | None:
    named = as_text(envelope.get("request_id"))
    return named or next((headers[name] for name in words.request_ids if name in headers), None)
