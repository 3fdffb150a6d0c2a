"""From the server's objects to usage, endings and times."""

from __future__ import annotations

import re

from chat_core import FinishReason, JsonObject, JsonValue, Notice, ProviderError, Usage
from chat_core.types.json_values import as_count, as_text
from chat_core.wire import error_from_object

_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_FILTERED = re.compile(
    r"PROHIBITED|SAFETY|BLOCKLIST|REJECTED|CELEBRITY|IDENTIFIABLE|PROMINENT|MINORS|NCII|CHILD"
)


def usage(metadata: JsonObject) -> Usage:
    """Return the numbers of a turn.

    Thoughts come on top of `responseTokenCount`, as recorded sessions show.
    """
    output = as_count(metadata.get("responseTokenCount"))
    thoughts = as_count(metadata.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=as_count(metadata.get("promptTokenCount")),
        output_tokens=None if output is None and thoughts is None else (output or 0) + (thoughts or 0),
        cache_read_tokens=as_count(metadata.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
        total_tokens=as_count(metadata.get("totalTokenCount")),
        raw=metadata,
    )


def finish(reason: JsonValue, *, calls: bool, interrupted: bool) -> tuple[FinishReason, str | None]:
    """Return why a response ended, and the server's word, which it has for unusual endings only."""
    word = as_text(reason).removeprefix("TURN_COMPLETE_REASON_")
    if word and word != "UNSPECIFIED":
        if word == "NEED_MORE_INPUT":
            return "stop", word
        return ("content_filter" if _FILTERED.search(word) else "other"), word
    if interrupted:
        return "other", "interrupted"
    return ("tool_calls" if calls else "stop"), None


def ending_notice(reason: FinishReason, word: str | None) -> Notice | None:
    """Return the notice of an ending that is out of the ordinary."""
    if word is None or word == "interrupted" or reason == "stop":
        return None
    return Notice("finish_reason", f"the server ended the turn: {word[:200]}")


def refusal(code: int | None, reason: str) -> ProviderError | None:
    """Return the error of a server that has closed a session before it began; None for any other end."""
    if code not in (1007, 1008):
        return None
    words = (("api key", 401), ("unauthenticated", 401), ("not found", 404))
    status = next((status for word, status in words if word in reason.lower()), 400)
    return error_from_object({"error": {"code": status, "message": reason or f"closed with code {code}"}})


def seconds(duration: JsonValue) -> float | None:
    """Return a duration such as "9.5s" in seconds, None where there is none."""
    found = _SECONDS.fullmatch(as_text(duration).strip())
    return float(found[1]) if found else None


def milliseconds(duration: JsonValue) -> int | None:
    """Return a duration such as "1.200s" in milliseconds, None where there is none."""
    found = seconds(duration)
    return None if found is None else round(found * 1000)
