"""What an answer that is not 2xx says, or an error inside one that began well: OpenAI's envelope, and those that imitate it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast

from chat_core.types.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
)
from chat_core.types.json_values import JsonObject, JsonValue, as_object, as_text

_ERRORS: dict[int, type[ProviderError]] = {
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
_REQUEST_IDS = ("x-request-id", "apim-request-id", "mistral-correlation-id", "inference-id", "cf-ray")


def decode_error(
    status: int, headers: Mapping[str, str], body: bytes, codes: Mapping[str, int] | None = None
) -> ProviderError:
    """The error that a body says, in any of the envelopes seen; a body that is no JSON is its own message. Under status 200 the
    status that the error itself names decides what kind it is, or the one that `codes` knows its code by."""
    text = body.decode("utf-8", "replace")
    try:
        value = cast("JsonValue", json.loads(text))
    except (ValueError, RecursionError):
        value = None
    envelope = as_object(value[0] if isinstance(value, list) and value else value)
    inner = as_object(envelope.get("error"))
    code = (
        _word(inner.get("code"))
        or _word(inner.get("type"))
        or _word(envelope.get("code"))
        or _word(envelope.get("type"))
    )
    said = status
    if status == 200:
        said = (codes or {}).get(code or "") or _said_status(inner, envelope) or 200
    return _ERRORS.get(said, ProviderError)(
        _message(envelope, inner) or text.strip()[:1000] or f"status {status} without a body",
        status=status,
        code=code,
        request_id=next((headers[name] for name in _REQUEST_IDS if name in headers), None),
        retry_after=retry_after(headers, status),
        retryable=_retryable(said, code, headers),
        body=text if value is None else value,
    )


_SAID_BY = {  # types, as statuses
    "server_error": 500,
    "rate_limit_error": 429,
    "overloaded_error": 529,
    "authentication_error": 401,
}


def _retryable(status: int, code: str | None, headers: Mapping[str, str]) -> bool:
    if (advice := headers.get("x-should-retry")) in ("true", "false"):
        return advice == "true"
    if code == "insufficient_quota":
        return False
    return status in (408, 409, 429, 498) or status >= 500


def _said_status(inner: JsonObject, envelope: JsonObject) -> int | None:
    """The HTTP status that an error inside a stream names."""
    candidates = (
        inner.get("status_code"),
        envelope.get("status_code"),
        envelope.get("raw_status_code"),
        inner.get("code"),
        envelope.get("code"),
    )
    numbers = (int(value) for value in candidates if isinstance(value, int) and 400 <= value < 600)
    return next(numbers, _SAID_BY.get(as_text(inner.get("type")) or as_text(envelope.get("type"))))


def _message(envelope: JsonObject, inner: JsonObject) -> str:
    for value in (
        inner.get("message"),
        envelope.get("error"),
        envelope.get("message"),
        envelope.get("detail"),
        envelope.get("error_description"),
    ):
        if value:
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return ""


def _word(value: JsonValue) -> str | None:
    return (
        str(value) if isinstance(value, str | int) and value != "" and not isinstance(value, bool) else None
    )


_DURATION = r"(\d+\.?\d*)(ms|[dhms])"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def retry_after(headers: Mapping[str, str], status: int | None = None) -> float | None:
    """Seconds from now: milliseconds, seconds, a duration such as 1m30s, or a date. An answer of `status` 429 without such a header
    may tell in others when what has been used up is there again."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    if text is None:
        return _refilled(headers) if status == 429 else None
    if (seconds := _seconds(text)) is not None:
        return seconds
    from email.utils import parsedate_to_datetime  # here, because hardly any server sends a date

    try:  # from the server's own clock to it
        until = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, until.total_seconds())
    except (ValueError, TypeError):
        return None


_REMAINING, _RESET = "x-ratelimit-remaining-", "x-ratelimit-reset-"
_MONTH = 31 * 86400.0


def _refilled(headers: Mapping[str, str]) -> float | None:
    """Seconds until every bucket that is empty has something in it. What is more than a month is no wait but a point in time."""
    empty = [
        name.removeprefix(_REMAINING)
        for name in headers
        if name.startswith(_REMAINING) and _number(headers[name]) == 0
    ]
    waits = [_seconds(headers.get(_RESET + bucket, "")) for bucket in empty]
    return max((wait for wait in waits if wait is not None and wait <= _MONTH), default=None)


def _seconds(text: str) -> float | None:
    """A number of seconds, or a duration."""
    if (seconds := _number(text)) is not None:
        return seconds
    if re.fullmatch(f"(?:{_DURATION})+", text.strip()):
        return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_DURATION, text))
    return None


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
