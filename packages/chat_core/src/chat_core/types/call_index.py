"""What is known of the calls of a conversation without a walk over all its messages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from chat_core.types.call_changes import all_changes
from chat_core.types.message import Message
from chat_core.types.tool_call import ToolCall
from chat_core.types.watch import last_mark, watch


class _Listed(Protocol):
    """A conversation, or a list of its messages."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Message]: ...


class CallIndex:
    """The ids and the changes of calls. Messages whose calls are all resolved are read once, until a field of
    such a message or call is set.
    """

    __slots__ = ("_changes", "_ids", "_mark", "_read")

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._mark = last_mark()
        self._read = 0
        self._changes = 0
        self._ids: set[str] = set()

    def changes(self, messages: _Listed) -> int:
        """Return how often fields of the calls of a conversation were set."""
        return self._changes_of_others(messages) + self._changes

    def has(self, id: str, messages: _Listed) -> bool:
        """Return whether a call of a conversation has this id."""
        others = self._others(messages)
        return id in self._ids or any(call.id == id for call in others)

    def _changes_of_others(self, messages: _Listed) -> int:
        return sum(all_changes(self._others(messages)))

    def _others(self, messages: _Listed) -> list[ToolCall]:
        """Read the messages that are new. Return the calls from the first on that is not resolved."""
        if self._mark is not last_mark() or self._read > len(messages):
            self._begin()
        others: list[ToolCall] = []
        for message in islice(messages, self._read, None):
            calls = message.tool_calls
            if others or not all(call.resolved for call in calls):
                others += calls
                continue
            watch(message)
            for call in calls:
                watch(call)
                self._ids.add(call.id)
            self._changes += sum(all_changes(calls))
            self._read += 1
        return others
