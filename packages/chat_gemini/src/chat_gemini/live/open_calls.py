"""The calls of a session whose results the server waits for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from chat_core import JsonObject, Origin, ToolCall
from chat_core.types.json_values import as_text


class OpenCalls:
    """Calls by the server's ids.

    One that is repeated is not taken again, and one that is cancelled is not answered.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._open: dict[str, str] = {}  # by the server's ids, their own
        self._cancelled: set[str] = set()

    def __bool__(self) -> bool:
        """Whether the server waits for a result."""
        return bool(self._open)

    def new(self, calls: Iterable[JsonObject]) -> list[JsonObject]:
        """Return the calls that have not come before: another id, or the same id for another call."""
        found: list[JsonObject] = []
        for call in calls:
            id = as_text(call.get("id"))
            key = id, json.dumps([call.get("name"), call.get("args")], sort_keys=True)
            if id and key in self._seen:
                continue
            self._seen.add(key)
            found.append(call)
        return found

    def open(self, calls: Iterable[ToolCall], origin: Origin) -> None:
        """Note calls whose results the server waits for."""
        opened = {_wire_id(call, origin): call.id for call in calls}
        self._open |= opened
        self._cancelled -= opened.keys()

    def cancel(self, ids: Iterable[str]) -> frozenset[str]:
        """Note calls whose results the server no longer wants.

        Return the own ids of those that are open.
        """
        cancelled = set(ids)
        self._cancelled |= cancelled
        return frozenset(self._open.pop(id) for id in cancelled & self._open.keys())

    def answer(self, calls: Sequence[ToolCall], origin: Origin) -> list[ToolCall]:
        """Return the calls whose results are to be sent."""
        ids = [_wire_id(call, origin) for call in calls]
        for id in ids:
            self._open.pop(id, None)
        return [call for call, id in zip(calls, ids, strict=True) if id not in self._cancelled]


def _wire_id(call: ToolCall, origin: Origin) -> str:
    native = call.native.for_(origin) if call.native is not None else None
    return as_text((native or {}).get("id"))
