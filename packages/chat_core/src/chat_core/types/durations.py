"""Numbers and durations as headers have them."""

from __future__ import annotations

import re

_DURATION = r"(\d{1,12}(?:\.\d{0,12})?)(ms|[dhms])"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 64  # characters that a duration has at most; nothing longer is looked at


def read_duration(text: str) -> float | None:
    """Return the seconds of "12", "1.5s" or "1m30s", or None for other text and for text of more than 64
    characters.
    """
    text = text.strip()
    if (seconds := read_number(text)) is not None:
        return seconds
    if len(text) <= _LONGEST and re.fullmatch(f"(?:{_DURATION})+", text):
        return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_DURATION, text))
    return None


def read_number(text: str | None) -> float | None:
    """Return a finite number that is at least 0, or None."""
    if text is None or len(text) > _LONGEST:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return max(0.0, number) if number < float("inf") else None
