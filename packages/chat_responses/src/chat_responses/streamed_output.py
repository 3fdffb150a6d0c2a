"""The output items of a stream, in the order of the response."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chat_core import JsonObject, JsonValue, Origin, Part
from chat_core.types.events import TurnEvent
from chat_core.wire import CallIds

from chat_responses.decode.parts import call_key
from chat_responses.items import CALL_TYPES, call_id, without
from chat_responses.streamed_item import StreamedItem


class StreamedOutput:
    """Items by their index in the output.

    Ids do not tell items apart: some servers change them with every event. Others leave out the events before
    an item's end, finish items out of order, number all items 0, or number none.
    """

    def __init__(self, origin: Origin, ids: CallIds) -> None:
        self._origin = origin
        self._ids = ids
        self._items: list[tuple[int, StreamedItem]] = []  # with their index
        self._current: dict[int, StreamedItem] = {}
        self._calls: dict[tuple[str, str, str], StreamedItem] = {}  # those that are whole

    def at(self, frame: JsonObject) -> StreamedItem:
        """Return the item that an event is about; a new one where there is none at its index."""
        index = self._index(frame)
        return self._current.get(index) or self._open(index)

    def of(self, frame: JsonObject, item: JsonObject) -> StreamedItem:
        """Return the item that an event holds, a new one where another item at its index is whole already."""
        key = call_key(item) if frame.get("type") == "response.output_item.done" else None
        if key is not None and key in self._calls:  # the server sends it again, perhaps in another place
            return self._calls[key]
        there = self.at(frame)
        if there.is_whole and _is_another(there.item, item):
            there = self._open(self._index(frame))
        if key is not None:
            self._calls[key] = there
        return there

    def settle(self, items: Sequence[JsonObject]) -> Iterator[TurnEvent]:
        """Take the final output, and yield what of it was not shown.

        Items that it leaves out stay where they were.
        """
        left = list(self._items)
        settled: list[tuple[int, StreamedItem]] = []
        for position, item in enumerate(items):
            found = _match(left, position, item)
            index, streamed = found or (position, StreamedItem(self._origin, self._ids))
            if found:
                left.remove(found)
            settled.append((index, streamed))
            yield from streamed.complete(item)
        for index, streamed in left:
            if streamed.has_content:
                place = next((at for at, (other, _) in enumerate(settled) if other > index), len(settled))
                settled.insert(place, (index, streamed))
        self._items = settled

    def parts(self, *, gaps: bool, settled: bool) -> Iterator[Part]:
        """Yield the parts of all items. A call that the server sent twice is there once."""
        items = self._items if settled else sorted(self._items, key=lambda entry: entry[0])
        calls: set[tuple[str, str, str]] = set()
        for _, streamed in items:
            if (call := call_key(streamed.item)) is not None:
                if call in calls:
                    continue
                calls.add(call)
            yield from streamed.parts(gaps=gaps)

    def _index(self, frame: JsonObject) -> int:
        index = _whole_number(frame.get("output_index"))
        if index is not None:
            return index
        return self._items[-1][0] if self._items else 0  # where nothing is numbered, the last item goes on

    def _open(self, index: int) -> StreamedItem:
        streamed = self._current[index] = StreamedItem(self._origin, self._ids)
        self._items.append((index, streamed))
        return streamed


def _match(
    left: Sequence[tuple[int, StreamedItem]], position: int, item: JsonObject
) -> tuple[int, StreamedItem] | None:
    """Return which of the items that are left an item of the final output is, or None for a new one."""
    named = (entry for entry in left if _id(item) and _id(entry[1].item) == _id(item))
    if (found := next(named, None)) is not None:
        return found
    alike = [entry for entry in left if _may_be(entry[1].item, item)]
    return next((entry for entry in alike if entry[0] == position), alike[0] if alike else None)


def _id(item: JsonObject) -> JsonValue:
    return call_id(item) if item.get("type") in CALL_TYPES else item.get("id")


def _may_be(begun: JsonObject, item: JsonObject) -> bool:
    """Return whether an item without an id in common may be the one that was begun."""
    if begun.get("type") not in (None, item.get("type")):
        return False
    return item.get("type") not in CALL_TYPES or not call_id(begun) or not call_id(item)


def _is_another(one: JsonObject, other: JsonObject) -> bool:
    if one.get("type") != other.get("type"):
        return True
    if one.get("type") in CALL_TYPES:
        return call_id(one) != call_id(other)
    return one.get("id") != other.get("id") and without(one, "id") != without(other, "id")


def _whole_number(value: JsonValue) -> int | None:
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if value.is_integer():
            return int(value)
        case str() if value.isdecimal() and len(value) <= 9:
            return int(value)
        case _:
            return None
