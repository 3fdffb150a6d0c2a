"""How long a server asks us to wait before the next request: headers, and fields of error bodies."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core.types.durations import read_duration, read_number
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object

_LONGEST = 64  # characters that a date has at most; nothing longer is looked at
_REMAINING, _RESET = "x-ratelimit-remaining-", "x-ratelimit-reset-"
_MONTH = 31 * 86400.0


def retry_after(headers: Mapping[str, str], status: int | None = None) -> float | None:
    """Return the seconds to wait from now, or None where the headers do not say.

    `retry-after-ms` and `retry-after` are read as milliseconds, seconds, a duration such as 1m30s, or a date.
    A response of `status` 429 without them may say in `x-ratelimit-*` when an empty bucket is refilled.
    """
    if (milliseconds := read_number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    if text is None:
        return _refilled(headers) if status == 429 else None
    if (seconds := read_duration(text.partition(",")[0])) is not None:  # a proxy may have joined two
        return seconds
    return _until(text, headers.get("date", ""))


def body_retry_after(error: JsonObject) -> float | None:
    """Return the seconds to wait that an error object names:

    `retry_after`, `retryAfter`, or `retryDelay` in its details.
    """
    fields = ("retry_after", "retry_after_seconds", "retryAfter", "retryDelay", "retry_delay")
    details = error.get("details")
    for source in (
        error,
        as_object(details),
        as_object(error.get("metadata")),
        *map(as_object, as_list(details)),
    ):
        for name in fields:
            if (seconds := _seconds(source.get(name))) is not None:
                return seconds
    return None


def _seconds(value: JsonValue) -> float | None:
    if isinstance(value, str):
        return read_duration(value)
    if isinstance(value, dict):  # a protobuf duration
        return _seconds(value.get("seconds"))
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MONTH:
        return float(value)
    return None


def _until(text: str, now: str) -> float | None:
    """Return the seconds from the server's own date to the one that it names."""
    if len(text) > _LONGEST or len(now) > _LONGEST:
        return None
    from email.utils import parsedate_to_datetime  # here, because hardly any server sends a date

    try:
        return max(0.0, (parsedate_to_datetime(text) - parsedate_to_datetime(now)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _refilled(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until no bucket is empty.

    What is more than a month is a point in time, not a wait.
    """
    remaining = (name for name in headers if name.startswith(_REMAINING))
    empty = [name.removeprefix(_REMAINING) for name in remaining if read_number(headers[name]) == 0]
    waits = [read_duration(headers.get(_RESET + bucket, "")) for bucket in empty]
    return max((wait for wait in waits if wait is not None and wait <= _MONTH), default=None)
