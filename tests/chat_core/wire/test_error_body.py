"""How long a refusal says to wait."""

from __future__ import annotations

import pytest
from chat_core.wire.error_body import decode_error, retry_after

CEREBRAS = {
    "x-ratelimit-limit-requests-day": "14400",
    "x-ratelimit-remaining-requests-day": "14399",
    "x-ratelimit-reset-requests-day": "33011.382867",
    "x-ratelimit-limit-tokens-minute": "60000",
    "x-ratelimit-remaining-tokens-minute": "0",
    "x-ratelimit-reset-tokens-minute": "11.5",
}
GROQ = {
    "x-ratelimit-limit-requests": "14400",
    "x-ratelimit-limit-tokens": "18000",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-remaining-tokens": "17997",
    "x-ratelimit-reset-requests": "2m59.5s",
    "x-ratelimit-reset-tokens": "7.66s",
}
OPENAI = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-reset-tokens": "6m0s",
}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [(CEREBRAS, 11.5), (GROQ, 179.5), (OPENAI, 360.0)],
    ids=["cerebras", "groq", "openai: the longest of two"],
)
def test_a_429_waits_for_what_is_used_up(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers, 429) == pytest.approx(seconds)
    assert decode_error(429, headers, b"{}").retry_after == pytest.approx(seconds)


@pytest.mark.parametrize("status", [200, 400, 402, 403, 498, 500, 503, 529])
def test_no_other_status_does(status: int) -> None:
    assert (
        decode_error(status, OPENAI, b'{"error": {"message": "no", "type": "rate_limit_error"}}').retry_after
        is None
    )
    assert retry_after(OPENAI) is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1m30s"}, 90.0),
    ],
)
def test_retry_after_is_the_servers_last_word(said: dict[str, str], seconds: float) -> None:
    assert retry_after(OPENAI | said, 429) == seconds


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset-tokens": "9"},
        {"x-ratelimit-remaining-tokens": "0"},
        {"x-ratelimit-reset-tokens": "9"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "soon"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1741305600"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1741305600000"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "inf"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1741305600000"},
        {"x-ratelimit-remaining-tokens": "none", "x-ratelimit-reset-tokens": "9"},
    ],
    ids=[
        "some left",
        "no reset",
        "no rest",
        "a word",
        "an epoch",
        "an epoch in ms",
        "never",
        "no bucket",
        "no number",
    ],
)
def test_what_does_not_tell_is_no_wait(headers: dict[str, str]) -> None:
    assert retry_after(headers, 429) is None
