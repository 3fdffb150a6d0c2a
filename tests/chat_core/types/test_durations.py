"""Numbers and durations as headers have them."""

from __future__ import annotations

import pytest
from chat_core.types.durations import read_duration, read_number


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12.0), (" 1.5s ", 1.5), ("1m30s", 90.0), ("120ms", 0.12), ("1h2m3.5s", 3723.5), ("-3", 0.0)],
)
def test_durations_are_read_as_seconds(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1x", "inf", "nan", "1" * 65])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert read_duration(text) is None


def test_numbers_are_finite_and_at_least_0() -> None:
    assert [read_number(text) for text in ("3", "-1")] == [3.0, 0.0]
    assert [read_number(text) for text in ("inf", "nan", "x", None)] == [None] * 4
