"""What the headers of a response tell about rates, as servers write them."""

from __future__ import annotations

import pytest
from chat_core.middleware.rate_headers import RateState, rate_state

LEFT, RESET = "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, RateState()),
        (
            200,
            {"x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s"},
            RateState(0.0, 59),
        ),
        (
            200,
            {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"},
            RateState(360.0, None, 0),
        ),
        (200, {"X-RateLimit-Remaining-Tokens": "7"}, RateState(0.0, None, 7)),
        (
            200,  # Cerebras
            {"x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "120.5"},
            RateState(120.5, 0),
        ),
        (
            200,  # Azure, where a limit of -1 is none
            {
                "x-ratelimit-limit-tokens": "-1",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "60",
            },
            RateState(),
        ),
        (
            200,  # Anthropic
            {
                "date": "Fri, 27 Nov 2026 12:00:00 GMT",
                "anthropic-ratelimit-requests-limit": "50",
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-11-27T12:00:20Z",
                "anthropic-ratelimit-input-tokens-remaining": "100",
                "anthropic-ratelimit-output-tokens-remaining": "40",
            },
            RateState(20.0, 0, 40),
        ),
        (429, {"retry-after": "7"}, RateState(7.0)),
        (429, {"retry-after-ms": "1500", "retry-after": "2"}, RateState(1.5)),
        (
            529,
            {"retry-after": "Fri, 27 Nov 2026 12:00:09 GMT", "date": "Fri, 27 Nov 2026 12:00:00 GMT"},
            RateState(9.0),
        ),
        (200, {"retry-after": "7"}, RateState()),
        (429, {"retry-after": "soon"}, RateState()),
        (200, {"x-ratelimit-remaining-requests": "many"}, RateState()),
        (
            200,
            {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "99999999999"},
            RateState(0.0, 0),
        ),
    ],
)
def test_headers_are_read(status: int, headers: dict[str, str], expected: RateState) -> None:
    assert rate_state(status, headers) == expected
