"""What the headers of a response tell about rates: `x-ratelimit-*` and the like, and `retry-after`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from chat_core.types.durations import read_duration, read_number

_MONTH = 31 * 86400.0  # what is more than that is a point in time, not a wait


@dataclass(frozen=True, slots=True)
class RateState:
    """What is left of requests and tokens, None where the server does not say; and the seconds to wait from
    now, 0 where something is left.
    """

    wait: float = 0.0
    requests: float | None = None
    tokens: float | None = None


def rate_state(status: int, headers: Mapping[str, str]) -> RateState:
    """Return what the headers of a response say. Their names are lower-case, or found whatever their case."""
    waits = [0.0]
    left: dict[str, float] = {}
    for kind, remaining, reset in _buckets(headers):
        if remaining <= 0 and reset is not None:
            waits.append(reset)
        name = "requests" if "requests" in kind else "tokens"
        left[name] = min(left.get(name, remaining), remaining)
    if status in (429, 503, 529) and (seconds := _retry_after(headers)) is not None:
        waits.append(seconds)
    return RateState(max(waits), left.get("requests"), left.get("tokens"))


def _buckets(headers: Mapping[str, str]) -> Iterator[tuple[str, float, float | None]]:
    """Yield each bucket that the server counts: its name, what is left, and the seconds until it is full."""
    for name in headers:
        lower = name.lower()
        if lower.startswith("x-ratelimit-remaining-"):
            kind = lower.removeprefix("x-ratelimit-remaining-")
            reset = headers.get(f"x-ratelimit-reset-{kind}")
        elif lower.startswith("anthropic-ratelimit-") and lower.endswith("-remaining"):
            kind = lower.removeprefix("anthropic-ratelimit-").removesuffix("-remaining")
            reset = headers.get(f"anthropic-ratelimit-{kind}-reset")
        else:
            continue
        limit = headers.get(lower.replace("remaining", "limit"))
        remaining = read_number(headers[name])
        if remaining is None or not ("requests" in kind or "tokens" in kind):
            continue
        if limit is None or read_number(limit):  # a limit of 0 or -1, as Azure may send, is none
            yield kind, remaining, _until(reset, headers.get("date"))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    if (milliseconds := read_number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    return _until(headers.get("retry-after"), headers.get("date"))


def _until(text: str | None, now: str | None) -> float | None:
    """Return the seconds that a duration, or a date later than the server's own, tells to wait."""
    if text is None:
        return None
    seconds = read_duration(text)
    if seconds is None and now is not None:
        end, begin = _date(text), _date(now)
        if end is not None and begin is not None:
            seconds = max(0.0, (end - begin).total_seconds())
    return seconds if seconds is not None and seconds <= _MONTH else None


def _date(text: str) -> datetime | None:
    """Return the time of an ISO date, or of one as HTTP writes it; None for others, and without a zone."""
    if len(text) > 64:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            return None
    return found if found.tzinfo is not None else None
