"""What messages held at one time, compared with what they hold now in a fraction of the time that encoding
takes.

Parts are frozen, calls count their changes, and JSON, which anybody may change in place, is compared with
copies. Whatever is compared by identity stays alive, so that no identity can come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter, getitem, is_
from typing import cast

from chat_core.types.call_changes import all_changes
from chat_core.types.call_status import Completed
from chat_core.types.files import File
from chat_core.types.json_values import JsonValue
from chat_core.types.message import Message
from chat_core.types.parts import Part, Structured, Text
from chat_core.types.tool_call import ToolCall

_NUMBERS = frozenset((int, float, bool))
_SCALARS = _NUMBERS | {str, type(None)}
_LARGE = 1 << 20  # bytes of a file, of which no second form is kept in memory
_item = cast("Callable[[object, str | int], object]", getitem)
_head, _turn, _parts = attrgetter("role", "interrupted"), attrgetter("turn"), attrgetter("parts")


class _NotComparable(Exception):
    """A message is too large to keep a form of it, holds JSON that is none, or a call that will change."""


class _Json:
    """Objects and lists of JSON, and copies of each, which hold the same values.

    Python compares equal things by identity first. Of what else is equal numbers matter, since 1 is written
    otherwise than 1.0 and True: these are compared by identity; and the order of keys.
    """

    __slots__ = ("_copies", "_keys", "_lists", "_numbers", "_objects", "_places", "_within")

    def __init__(self) -> None:
        self._objects: list[dict[str, JsonValue]] = []
        self._lists: list[list[JsonValue]] = []
        self._copies: tuple[list[dict[str, JsonValue]], list[list[JsonValue]]] = ([], [])
        self._keys: list[str] = []
        self._within: list[object] = []  # the objects and lists that have the numbers
        self._places: list[str | int] = []
        self._numbers: list[object] = []

    def copy(self) -> _Json:
        copied = _Json()
        for name in ("_objects", "_lists", "_keys", "_within", "_places", "_numbers"):
            setattr(copied, name, getattr(self, name).copy())
        copied._copies = (self._copies[0].copy(), self._copies[1].copy())
        return copied

    def add(self, value: JsonValue) -> None:
        """Add a value and all within it. Raises `_NotComparable` where it is no JSON."""
        kind = type(value)
        if kind is dict:
            within = cast("dict[str, JsonValue]", value)
            self._objects.append(within)
            self._copies[0].append(within.copy())
            self._keys += within
            self._add_values(within, within.items())
        elif kind is list:
            items = cast("list[JsonValue]", value)
            self._lists.append(items)
            self._copies[1].append(items.copy())
            self._add_values(items, enumerate(items))
        elif kind not in _SCALARS:
            raise _NotComparable

    def _add_values(self, within: object, values: Iterable[tuple[str | int, JsonValue]]) -> None:
        for place, value in values:
            kind = type(value)
            if kind in _NUMBERS:
                self._within.append(within)
                self._places.append(place)
                self._numbers.append(value)
            elif kind is not str:
                self.add(value)

    def holds(self) -> bool:
        """Return whether everything is as it was added."""
        return (
            (self._objects, self._lists) == self._copies
            and list(chain.from_iterable(self._objects)) == self._keys
            and all(map(is_, map(_item, self._within, self._places), self._numbers))
        )


class Snapshot:
    """What the first `count` messages of some held. It never changes; `extended` returns another.

    With `whole` that is all that is stored of them, else what a wire may carry.
    """

    __slots__ = ("_calls", "_changes", "_heads", "_json", "_parts", "_sizes", "_turns", "_whole", "count")

    def __init__(self, *, whole: bool = False) -> None:
        self.count: int = 0
        self._whole = whole
        self._heads: list[tuple[str, bool]] = []  # role, and whether it is interrupted
        self._turns: list[object] = []
        self._sizes: list[int] = []
        self._parts: list[Part] = []
        self._calls: list[ToolCall] = []
        self._changes: list[int] = []
        self._json = _Json()

    def extended(self, messages: Sequence[Message]) -> Snapshot:
        """Return one that has these messages after its own.

        It ends before the first with a file of more than a MiB, with JSON that is none, or with a call that
        is open: of such no form is to be kept.
        """
        longer = Snapshot(whole=self._whole)
        longer.count = self.count
        for name in ("_heads", "_turns", "_sizes", "_parts", "_calls", "_changes", "_json"):
            setattr(longer, name, getattr(self, name).copy())
        for number, message in enumerate(messages):
            try:
                longer._add(message)
            except _NotComparable:
                return self.extended(messages[:number])
        return longer

    def holds(self, messages: Sequence[Message]) -> bool:
        """Return whether these messages, `count` of them, hold what they held."""
        lists = list(map(_parts, messages))
        return (
            list(map(len, lists)) == self._sizes
            and all(map(is_, chain.from_iterable(lists), self._parts))
            and list(map(_head, messages)) == self._heads
            and all(map(is_, map(_turn, messages), self._turns))
            and all_changes(self._calls) == self._changes
            and self._json.holds()
        )

    def _add(self, message: Message) -> None:
        self._heads.append(_head(message))
        self._turns.append(message.turn)
        self._sizes.append(len(message.parts))
        self._parts += message.parts
        for part in message.parts:
            self._add_json(part)
        if self._whole and message.turn is not None:
            self._json.add(message.turn.usage.raw)
        self.count += 1

    def _add_json(self, part: Part) -> None:
        """Add what may change in a part. Raises `_NotComparable`."""
        if part.native is not None:
            self._json.add(part.native.data)
        match part:
            case Text(citations=citations):
                for citation in citations:
                    self._json.add(citation.raw)
            case ToolCall():
                self._add_call(part)
            case Structured() if part.text is None or self._whole:
                self._json.add(part.value)
            case File(data=bytes() as data) if len(data) > _LARGE:
                raise _NotComparable
            case _:
                pass

    def _add_call(self, call: ToolCall) -> None:
        if not call.resolved:
            raise _NotComparable
        self._calls.append(call)
        self._changes += all_changes((call,))
        self._json.add(call.arguments)
        self._json.add(call.edited)
        if isinstance(call.status, Completed):
            self._json.add(call.status.result)
        for file in call.files:
            self._add_json(file)
        if self._whole and (request := call.input_request) is not None:
            for value in (request.schema, request.state, request.values):
                self._json.add(value)
