"""How often fields of calls were set."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from chat_core.types.tool_call import ToolCall

_changes = attrgetter("_changes")


def changes_of(call: ToolCall) -> int:
    """Return how often a field of the call was set."""
    return int(getattr(call, "_changes", 0))


def all_changes(calls: Iterable[ToolCall]) -> list[int]:
    """Return for each call how often a field of it was set."""
    calls = list(calls)
    try:
        return list(map(_changes, calls))
    except AttributeError:  # a copy, of which no field was set
        return list(map(changes_of, calls))
