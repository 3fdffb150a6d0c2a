"""From the body of a Gemini answer to a core response, and from an error body to an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast

from chat_core import (
    AuthenticationError,
    InvalidRequest,
    InvalidResponse,
    JsonObject,
    JsonValue,
    ModelInfo,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.error_body import retry_after
from chat_core.wire.read import read_object

from chat_gemini.assembly import Assembly


def decode(body: bytes, assembly: Assembly) -> JsonObject:
    """Put a whole answer into `assembly`; the answer. Raises `ProviderError` for an error under status 200, `InvalidResponse` for
    what is no answer."""
    chunks = chunks_of(body, "a Gemini answer")
    for chunk in chunks:
        assembly.add(chunk)
    if not chunks or not (assembly.anything or any("usageMetadata" in chunk for chunk in chunks)):
        raise InvalidResponse(f"a Gemini answer without candidates: {body[:300].decode('utf-8', 'replace')}")
    return chunks[-1]


def chunks_of(data: str | bytes, what: str) -> list[JsonObject]:
    """The chunks that a document holds: one, or an array of them where the server streams no events. Raises the error in it, and
    `InvalidResponse` for what is neither."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    if text[:1] == "{" or text.lstrip()[:1] != "[":
        chunks = [read_object(text, what)]
    else:
        chunks = [
            as_object(chunk) for chunk in as_list(read_object(f'{{"chunks":{text}}}', what).get("chunks"))
        ]
    for chunk in chunks:
        if "error" in chunk:
            raise decode_error(200, {}, json.dumps(chunk).encode())
    return chunks


def decode_tokens(body: bytes) -> int:
    """How many tokens were counted."""
    answer = read_object(body, "a count of tokens")
    count = as_count(answer.get("totalTokens"))
    if count is None and "promptTokensDetails" not in answer and answer:
        raise InvalidResponse(f"not a count of tokens: {body[:300].decode('utf-8', 'replace')}")
    return count or 0  # zero is left out


def decode_models(body: bytes) -> tuple[list[ModelInfo], str | None]:
    """A page of the models, and the token of the next page."""
    answer = read_object(body, "a list of models")
    listed = [model for model in as_list(answer.get("models")) if isinstance(model, dict)]
    models = [ModelInfo(as_text(model.get("name")).removeprefix("models/"), model) for model in listed]
    return models, as_text(answer.get("nextPageToken")) or None


_ERRORS: dict[int, type[ProviderError]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    413: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
    503: Overloaded,
    529: Overloaded,
}
_STATUSES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_REQUEST_IDS = ("x-request-id", "x-goog-request-id", "x-cloud-trace-context")


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error that a body says, perhaps in an array; a body that is no JSON is its own message. Under status 200 the code that
    the error itself names decides what kind it is. `code` is the reason it gives, else its status word."""
    text = body.decode("utf-8", "replace")
    try:
        value = cast("JsonValue", json.loads(text))
    except (ValueError, RecursionError):
        value = None
    envelope = as_object(value[0] if isinstance(value, list) and value else value)
    error = as_object(envelope.get("error"))
    word = as_text(error.get("status"))
    said = (as_count(error.get("code")) or _STATUSES.get(word, 500)) if status == 200 else status
    details = [as_object(detail) for detail in as_list(error.get("details"))]
    reason = next((as_text(detail.get("reason")) for detail in details if detail.get("reason")), "")
    kind = (
        AuthenticationError if reason == "API_KEY_INVALID" else _ERRORS.get(said, ProviderError)
    )  # it comes as a 400
    return kind(
        as_text(error.get("message"))
        or as_text(envelope.get("error"))
        or text.strip()[:1000]
        or f"status {status} without a body",
        status=status,
        code=reason or word or None,
        request_id=next((headers[name] for name in _REQUEST_IDS if name in headers), None),
        retry_after=_delay(details) if (asked := retry_after(headers)) is None else asked,
        retryable=(said in (408, 409, 429) or 500 <= said < 600)
        and said != 501
        and not _spent_for_today(details),
        body=text if value is None else value,
    )


def _delay(details: list[JsonObject]) -> float | None:
    """Seconds to wait, as the error itself says: "34.4s"."""
    told = (re.fullmatch(r"(\d+\.?\d*)s", as_text(detail.get("retryDelay"))) for detail in details)
    return next((float(found[1]) for found in told if found), None)


def _spent_for_today(details: list[JsonObject]) -> bool:
    """Whether a quota of the day is used up: it comes back at midnight, so asking again soon is no use."""
    violations = [
        as_object(violation) for detail in details for violation in as_list(detail.get("violations"))
    ]
    return any("PerDay" in as_text(violation.get("quotaId")) for violation in violations)
