"""What messages held at one time, compared with what they hold now in a fraction of the time that encoding
takes.

Parts are frozen, a field of a message or a call that is set leaves a mark, and what anybody may change in
place, lists of parts and JSON, is compared item by item. Whatever is compared by identity stays alive, so
that no identity can come back.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter, getitem, is_
from typing import Any, TypeAlias, cast

from chat_core.types.call_changes import all_changes
from chat_core.types.call_status import Completed
from chat_core.types.files import File
from chat_core.types.json_values import MAX_DEPTH, JsonObject, JsonValue
from chat_core.types.message import Message, parts_of
from chat_core.types.parts import Part, Structured, Text
from chat_core.types.sealed import Sealed, is_sealed, peek, sealed_value
from chat_core.types.tool_call import ToolCall
from chat_core.types.watch import last_mark, watch

_NUMBERS = frozenset((int, float, bool))
_SCALARS = _NUMBERS | {str, type(None)}
_LARGE = 1 << 20  # bytes of a file, of which no second form is kept in memory
_fields = cast("Callable[[Message], object]", attrgetter("role", "interrupted"))
_turn = attrgetter("turn")
_Found: TypeAlias = "JsonValue | Sealed[JsonObject]"
_item = cast("Callable[[object, str | int], object]", getitem)


class _NotComparable(Exception):
    """A part is too large to keep a form of it, or is a call that will change."""


class _Json:
    """Objects and lists of JSON, and copies of each, which hold the same values.

    Python compares equal things by identity first. Of what else is equal numbers matter, since 1 is written
    otherwise than 1.0 and True: these are compared by identity; and the order of keys.
    """

    __slots__ = (
        *("_keys", "_list_copies", "_lists", "_numbers", "_object_copies", "_objects"),
        *("_ordered", "_places", "_within"),
    )

    def __init__(self) -> None:
        self._objects: list[dict[str, JsonValue]] = []
        self._object_copies: list[dict[str, JsonValue]] = []
        self._lists: list[list[JsonValue]] = []
        self._list_copies: list[list[JsonValue]] = []
        self._ordered: list[dict[str, JsonValue]] = []  # the objects that have more than one key
        self._keys: list[str] = []  # of these
        self._within: list[object] = []  # the objects and lists that have the numbers
        self._places: list[str | int] = []
        self._numbers: list[object] = []

    def add(self, value: JsonValue) -> None:
        """Add a value and all within it."""
        kind = type(value)
        if kind is dict:
            within = cast("dict[str, JsonValue]", value)
            self._objects.append(within)
            self._object_copies.append(within.copy())
            if len(within) > 1:
                self._ordered.append(within)
                self._keys += within
            self._add_values(within, within.items())
        elif kind is list:
            items = cast("list[JsonValue]", value)
            self._lists.append(items)
            self._list_copies.append(items.copy())
            self._add_values(items, enumerate(items))

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
            self._objects == self._object_copies
            and self._lists == self._list_copies
            and list(chain.from_iterable(self._ordered)) == self._keys
            and all(map(is_, map(_item, self._within, self._places), self._numbers))
        )


class Snapshot:
    """What the first messages of a conversation held, `count` of them so far.

    With `whole` that is all that is stored of them, else what a wire may carry.
    """

    __slots__ = (
        *("_calls", "_changes", "_fields", "_json", "_listed", "_lists", "_mark", "_messages", "_parts"),
        *("_sealed", "_sizes", "_turns", "_whole"),
    )

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole
        self._mark = last_mark()
        self._messages: list[Message] = []
        self._fields: list[object] = []
        self._turns: list[object] = []
        self._sealed: list[Sealed[Any]] = []
        self._listed: list[Message] = []  # those whose parts are not sealed
        self._lists: list[Sequence[Part]] = []  # of these
        self._sizes: list[int] = []
        self._parts: list[Part] = []
        self._calls: list[ToolCall] = []
        self._changes: list[int] = []
        self._json = _Json()

    @property
    def count(self) -> int:
        """How many messages there are."""
        return len(self._messages)

    def extend(self, messages: Sequence[Message]) -> int:
        """Add these messages, the next ones, as far as possible. Returns how many were added.

        It ends before the first with a file of more than a MiB, with JSON that is none, or with a call that
        is open: of such no form is to be kept.
        """
        for number, message in enumerate(messages):
            if not self._add(message):
                return number
        return len(messages)

    def holds(self, messages: list[Message]) -> bool:
        """Return whether these are its messages, a list of the same objects, and hold what they held."""
        return (
            messages == self._messages
            and self._fields_hold()
            and list(map(len, self._lists)) == self._sizes
            and all(map(is_, chain.from_iterable(self._lists), self._parts))
            and self._json.holds()
        )

    def _fields_hold(self) -> bool:
        """Return whether the fields of messages and calls are as they were, and what was sealed is sealed or
        as it was.
        """
        mark = last_mark()
        if mark is self._mark:
            return True
        messages = self._messages
        if (
            self._opened_holds()
            and all(map(is_, map(parts_of, self._listed), self._lists))
            and all(map(is_, map(_turn, messages), self._turns))
            and list(map(_fields, messages)) == self._fields
            and all_changes(self._calls) == self._changes
        ):
            self._mark = mark
            return True
        return False

    def _opened_holds(self) -> bool:
        """Return whether what has been handed out since is as it was sealed. It is compared from now on."""
        sealed: list[Sealed[Any]] = []
        for owner in self._sealed:
            if is_sealed(owner):
                sealed.append(owner)
            elif isinstance(owner, Message):
                parts = sealed_value(owner)
                self._add_list(owner, parts)
                if len(owner.parts) != len(parts) or not all(map(is_, owner.parts, parts)):
                    return False
            elif not self._opened_json_holds(owner):
                return False
        self._sealed = sealed
        return True

    def _opened_json_holds(self, owner: Sealed[JsonObject]) -> bool:
        value = peek(owner)
        if not _is_json(value):
            return False
        self._json.add(value)  # before it is compared: another thread may change it at any time
        try:
            return marshal.dumps(value, 2) == marshal.dumps(sealed_value(owner), 2)
        except ValueError:
            return False

    def _add(self, message: Message) -> bool:
        """Add a message, unless something in it is not to be kept, or cannot be compared."""
        watch(message)
        sealed_parts = is_sealed(message)
        parts = [*(sealed_value(message) if sealed_parts else parts_of(message))]
        try:
            found = [
                value for part in parts if not _is_plain(part) for value in _json_of(part, whole=self._whole)
            ]
        except _NotComparable:
            return False
        if self._whole and message.turn is not None:
            found.append(message.turn.usage)
        sealed, json = _split(found) if found else ((), ())
        if json and not _is_json(json):
            return False
        for part in parts:
            if isinstance(part, ToolCall):
                watch(part)
                self._calls.append(part)
                self._changes += all_changes((part,))
        for value in json:
            self._json.add(value)
        self._sealed += sealed
        self._fields.append(_fields(message))
        self._turns.append(message.turn)
        self._messages.append(message)
        if sealed_parts:
            self._sealed.append(message)
        else:
            self._add_list(message, parts)
        return True

    def _add_list(self, message: Message, parts: Sequence[Part]) -> None:
        self._listed.append(message)
        self._lists.append(message.parts)
        self._sizes.append(len(parts))
        self._parts += parts


def _split(found: Iterable[_Found]) -> tuple[list[Sealed[JsonObject]], list[JsonValue]]:
    """Return what is sealed, and the JSON that is not."""
    sealed: list[Sealed[JsonObject]] = []
    json: list[JsonValue] = []
    for one in found:
        if not isinstance(one, Sealed):
            json.append(one)
            continue
        watch(one)  # first: it may be handed out at any time
        if is_sealed(one):
            sealed.append(one)
        else:
            json.append(peek(one))
    return sealed, json


def _is_plain(part: Part) -> bool:
    """Return whether it is a text without any JSON, as nearly all of a long history."""
    return type(part) is Text and part.native is None and not part.citations


def _json_of(part: Part, *, whole: bool) -> Iterator[_Found]:
    """Yield the JSON in a part. Raises `_NotComparable` for a large file and an open call."""
    if part.native is not None:
        yield part.native
    match part:
        case Text(citations=citations):
            yield from citations
        case ToolCall():
            yield from _json_of_call(part, whole=whole)
        case Structured() if part.text is None or whole:
            yield part.value
        case File(data=bytes() as data) if len(data) > _LARGE:
            raise _NotComparable
        case _:
            pass


def _json_of_call(call: ToolCall, *, whole: bool) -> Iterator[_Found]:
    if not call.resolved:
        raise _NotComparable
    yield call
    yield call.edited
    if isinstance(call.status, Completed):
        yield call.status.result
    for file in call.files:
        yield from _json_of(file, whole=whole)
    if whole and (request := call.input_request) is not None:
        yield from (request.schema, request.state, request.values)


def _is_json(value: JsonValue) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 2):
        inner: list[JsonValue] = []
        for item in level:
            if type(item) is dict:
                inner += item.values()
            elif type(item) is list:
                inner += item
            elif type(item) not in _SCALARS:
                return False
        if not inner:
            return True
        level = inner
    return False
