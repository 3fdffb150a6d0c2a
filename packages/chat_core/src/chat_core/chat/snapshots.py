"""Partial values of typed output while it streams."""

from __future__ import annotations

from collections.abc import Callable

from chat_core.types.json_values import JsonValue


class Snapshots:
    """Partial values of a stream.

    Parsing starts from the front each time, so a snapshot is taken only when the text has grown by a
    sixteenth: the work stays proportional to the text.
    """

    def __init__(self, snapshot: Callable[[str], JsonValue]) -> None:
        self._snapshot = snapshot
        self._pieces: list[str] = []
        self._size = 0
        self._parsed = 0
        self._last: JsonValue = None

    def feed(self, text: str) -> JsonValue:
        """Return the value so far, or None where there is nothing new to show."""
        self._pieces.append(text)
        self._size += len(text)
        return self._take() if self._size - self._parsed > self._size >> 4 else None

    def rest(self) -> JsonValue:
        """Return the value at the end of the text, or None where the last snapshot has shown it."""
        return self._take() if self._size > self._parsed else None

    def _take(self) -> JsonValue:
        self._parsed = self._size
        self._pieces = ["".join(self._pieces)]
        value = self._snapshot(self._pieces[0])
        if value == self._last:
            return None
        self._last = value
        return value
