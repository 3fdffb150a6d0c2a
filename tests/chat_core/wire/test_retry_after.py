"""How long a server asks to wait, in every form, and at no cost where the text is hostile."""

from __future__ import annotations

import time

import pytest
from chat_core.types.durations import read_duration
from chat_core.wire import retry_after
from chat_core.wire.retry_after import body_retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "1m30s"}, 90.0),
        ({"retry-after": "120ms"}, 0.12),
        (
            {"retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            10.0,
        ),
        (
            {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:10 GMT"},
            0.0,
        ),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_the_headers_are_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_an_empty_bucket_says_when_it_is_refilled_on_429_only() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "5",
        "x-ratelimit-reset-requests": "9s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    assert retry_after(headers, 429) == 360.0
    assert retry_after(headers, 500) is None


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ({"retry_after": 7}, 7.0),
        ({"retryDelay": "7s"}, 7.0),
        ({"details": [{"@type": "x"}, {"retryDelay": "1.5s"}]}, 1.5),
        ({"metadata": {"retry_after_seconds": "3"}}, 3.0),
        ({"retry_after": True}, None),
        ({"retry_after": -1}, None),
        ({"retry_after": []}, None),
        ({}, None),
    ],
)
def test_error_bodies_are_read_in_every_form(error: dict[str, object], seconds: float | None) -> None:
    assert body_retry_after(error) == seconds  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["9" * 40_000, "9" * 40_000 + "s", "1s" * 20_000, " " * 40_000, "1." * 20_000]
)
def test_a_hostile_text_costs_nothing(text: str) -> None:
    headers = {
        "retry-after": text,
        "retry-after-ms": text,
        "date": text,
        "x-ratelimit-remaining-tokens": text,
        "x-ratelimit-reset-tokens": text,
    }
    began = time.process_time()
    assert read_duration(text) is None
    assert retry_after(headers, 429) is None
    assert body_retry_after({"retryDelay": text}) is None
    assert time.process_time() - began < 0.1
