"""From error bodies, and errors under status 200, to errors."""

from __future__ import annotations

import json

import pytest
from chat_core import (
    AuthenticationError,
    InvalidRequest,
    InvalidResponse,
    Messages,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
)
from chat_core.wire import CallIds
from chat_gemini.decode import TurnAssembler, decode, decode_error
from gemini_responses import HERE, answered, turn


def test_data_that_is_no_base64_is_an_error() -> None:
    with pytest.raises(InvalidResponse, match="not base64"):
        answered(turn({"inlineData": {"mimeType": "image/png", "data": "?"}}))


@pytest.mark.parametrize("body", ["{}", "[]", "[{}]", '"text"', "<html>", "{", '{"candidates": 3}'])
def test_what_is_no_answer_is_an_error(body: str) -> None:
    with pytest.raises(InvalidResponse):
        decode(body.encode(), TurnAssembler(HERE, CallIds(Messages())))


def error(status: int, word: str, *details: object, code: int | None = None) -> bytes:
    return json.dumps(
        {"error": {"code": code or status, "message": "No.", "status": word, "details": list(details)}}
    ).encode()


@pytest.mark.parametrize(
    ("status", "word", "kind", "retryable"),
    [
        (400, "INVALID_ARGUMENT", InvalidRequest, False),
        (401, "UNAUTHENTICATED", AuthenticationError, False),
        (403, "PERMISSION_DENIED", PermissionDenied, False),
        (404, "NOT_FOUND", NotFound, False),
        (409, "ABORTED", ProviderError, True),
        (429, "RESOURCE_EXHAUSTED", RateLimited, True),
        (499, "CANCELLED", ProviderError, False),
        (500, "INTERNAL", ProviderError, True),
        (501, "UNIMPLEMENTED", ProviderError, False),
        (503, "UNAVAILABLE", Overloaded, True),
        (504, "DEADLINE_EXCEEDED", ProviderError, True),
    ],
)
@pytest.mark.parametrize("within", [False, True], ids=["by status", "under 200"])
def test_every_error(
    status: int, word: str, kind: type[ProviderError], retryable: bool, within: bool
) -> None:
    made = decode_error(200 if within else status, {}, error(status, word))
    assert (type(made), made.code, made.message, made.retryable) == (kind, word, "No.", retryable)
    assert made.status == (200 if within else status)


def test_a_wrong_key_comes_as_a_bad_request() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    made = decode_error(400, {}, error(400, "INVALID_ARGUMENT", info))
    assert (type(made), made.code, made.retryable) == (AuthenticationError, "API_KEY_INVALID", False)


@pytest.mark.parametrize(
    ("delay", "seconds"), [("38s", 38.0), ("0.5s", 0.5), ("34.4s", 34.4), ("soon", None)]
)
def test_the_time_to_wait_stands_in_the_body(delay: str, seconds: float | None) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    assert decode_error(429, {}, error(429, "RESOURCE_EXHAUSTED", info)).retry_after == seconds
    assert decode_error(429, {"retry-after": "7"}, error(429, "RESOURCE_EXHAUSTED", info)).retry_after == 7.0


@pytest.mark.parametrize(
    ("quota", "retryable"), [("RequestsPerMinute", True), ("RequestsPerDayPerProject", False)]
)
def test_a_spent_quota_of_the_day_is_not_retried(quota: str, retryable: bool) -> None:
    failure = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}
    assert decode_error(429, {}, error(429, "RESOURCE_EXHAUSTED", failure)).retryable is retryable


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[%b]" % error(503, "UNAVAILABLE"), "No."),
        (b"upstream died", "upstream died"),
        (b"", "status 503 without a body"),
    ],
)
def test_an_error_in_any_wrapping_says_what_it_says(body: bytes, message: str) -> None:
    made = decode_error(503, {"x-request-id": "r"}, body)
    assert (type(made), made.message, made.request_id) == (Overloaded, message, "r")


def test_an_error_under_status_200_raises() -> None:
    with pytest.raises(Overloaded):
        answered({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}})
    with pytest.raises(ProviderError, match="odd"):
        answered([turn({"text": "Hi"}), {"error": {"message": "odd"}}])
