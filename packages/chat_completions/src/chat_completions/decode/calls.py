"""Tool calls from their fragments, however the server labels them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from chat_core import JsonObject, JsonValue, Native, Origin, ToolCall, ToolCallChunk
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire import CallIds, tool_call, wire_id

from chat_completions.decode.json_end import JsonEnd

_PLACEHOLDERS = frozenset({"{}", "null", '""'})
_FRAMING = frozenset({"id", "type", "index", "function", "custom"})
_OF_FUNCTION = frozenset({"name", "arguments", "parameters", "input"})
_BEGINS_A_VALUE = ("", *'{"n \t\r\n')
_MAY_END_AN_OBJECT = ("", *"} \t\r\n")
_MEANINGLESS: tuple[JsonValue, ...] = (None, "", [], {})


class _Fragment(NamedTuple):
    """One element of `tool_calls`, wherever the server puts its fields."""

    id: str
    position: int | None  # its `index`
    name: str
    arguments: JsonValue
    is_custom: bool
    fields: JsonObject  # those of the server's own, such as signatures
    function_fields: JsonObject

    @property
    def text(self) -> str:
        """The arguments as text, of which an object is the whole."""
        match self.arguments:
            case str(text):
                return text
            case None:
                return ""
            case value:
                return json.dumps(value, ensure_ascii=False)


@dataclass(slots=True)
class _OpenCall:
    id: str
    given_id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])
    is_custom: bool = False
    fields: JsonObject = field(default_factory=dict[str, JsonValue])
    function_fields: JsonObject = field(default_factory=dict[str, JsonValue])
    _end: JsonEnd = field(default_factory=JsonEnd)
    _scanned: int = 0

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def is_open(self) -> bool:
        """Whether its arguments are certainly no whole JSON value yet: an object that does not end in `}`."""
        pieces = self.pieces
        return bool(pieces) and pieces[0][:1] == "{" and pieces[-1][-1:] not in _MAY_END_AN_OBJECT

    @property
    def is_whole(self) -> bool:
        """Whether its arguments are a whole JSON value already."""
        for piece in self.pieces[self._scanned :]:
            self._end.feed(piece)
        self._scanned = len(self.pieces)
        if self._end.ended and len(self.pieces) > 1:  # so that comparing with it costs nothing
            self.pieces, self._scanned = [self.text], 1
        return self._end.ended or self.is_placeholder

    @property
    def is_placeholder(self) -> bool:
        """Whether its arguments are what some servers send before the real ones."""
        return len(self.pieces) <= 2 and len(self.text) <= 8 and self.text.strip() in _PLACEHOLDERS

    def continued(self, text: str) -> ToolCallChunk | None:
        """Take more arguments. Return None where they may be of another call, or repeat this one."""
        if text[:1] in _BEGINS_A_VALUE and not (text and self.is_open):
            return None
        self.pieces.append(text)
        return ToolCallChunk(self.id, self.name, text)

    def replace(self, text: str) -> None:
        self.pieces, self._end, self._scanned = [text], JsonEnd(), 0


class CallAssembler:
    """The calls of one turn. A known id wins; a new id at a used index opens a new call; without either the
    open call goes on.

    Servers were seen to send index 0 for all calls, the head and the tail of one at different indexes, a call
    without id or index, two whole calls under one id, a new id with every fragment, arguments as an object,
    id and name with every fragment, a placeholder before the arguments, and a whole call again at the end.
    """

    def __init__(self, origin: Origin, ids: CallIds) -> None:
        self._origin = origin
        self._ids = ids
        self._calls: list[_OpenCall] = []
        self._by_id: dict[str, _OpenCall] = {}
        self._by_index: dict[int, _OpenCall] = {}

    def add(self, element: JsonObject, *, whole: bool = False) -> ToolCallChunk:
        """Take an element of a delta's `tool_calls`, or of a whole message's, where each is a call.

        Return what it adds.
        """
        if not whole and (chunk := self.continued(element)) is not None:
            return chunk
        fragment = _read(element)
        call = self._by_id.get(fragment.id) if whole else self._open(fragment)
        judge = _relation_of_whole if whole else _relation
        relation = "another" if call is None else judge(call, fragment)
        if call is None or relation == "another":
            call = _OpenCall(self._ids.claim(fragment.id))
            self._calls.append(call)
        self._label(call, fragment)
        if relation == "repeats":
            return ToolCallChunk(call.id, call.name, "")
        text = fragment.text
        if relation == "replaces" or isinstance(fragment.arguments, dict):
            call.replace(text)
        elif text:
            call.pieces.append(text)
        return ToolCallChunk(call.id, call.name, text)

    def continued(self, element: JsonObject) -> ToolCallChunk | None:
        """Return the chunk of a fragment that can only continue the call of its index, as nearly all do, else
        None.
        """
        found = self._labelled(element)
        return found[1].continued(found[0]) if found is not None else None

    def continuation(
        self, element: JsonObject
    ) -> tuple[str, Callable[[str], Sequence[ToolCallChunk] | None]] | None:
        """Return the text of a fragment with the labels of an open call, and what takes the next one; else
        None.
        """
        found = self._labelled(element)
        if found is None:
            return None
        text, call = found

        def append(text: str) -> Sequence[ToolCallChunk] | None:
            chunk = call.continued(text)
            return None if chunk is None else (chunk,)

        return text, append

    def _labelled(self, element: JsonObject) -> tuple[str, _OpenCall] | None:
        """Return the arguments of a fragment that holds nothing else, and the call that all its labels
        name.
        """
        index, function = element.get("index"), element.get("function")
        call = self._by_index.get(index) if type(index) is int else None
        if call is None or not isinstance(function, dict):
            return None
        text, name, id = function.get("arguments"), function.get("name"), element.get("id")
        if not isinstance(text, str) or not element.keys() <= _FRAMING:
            return None
        is_same = name in (None, "", call.name) and id in (None, "", call.given_id)
        return (text, call) if is_same and len(function) <= 1 + ("name" in function) else None

    @property
    def calls_begun(self) -> bool:
        """Whether there is a call."""
        return bool(self._calls)

    def calls(self) -> list[ToolCall]:
        """Return the calls, in the order in which they began."""
        return [self._finish(call) for call in self._calls]

    def _open(self, fragment: _Fragment) -> _OpenCall | None:
        """Return the call that a fragment continues, judging by its labels, or None."""
        id, index, name = fragment.id, fragment.position, fragment.name
        if call := self._by_id.get(id):
            return call
        if index is not None and (call := self._by_index.get(index)):
            return None if id and name and call.given_id else call
        unlabelled = not (id and name) if index is None else not (id or name)
        return self._calls[-1] if unlabelled and self._calls else None

    def _label(self, call: _OpenCall, fragment: _Fragment) -> None:
        if fragment.id:
            call.given_id = call.given_id or fragment.id
            self._by_id[fragment.id] = call
        if fragment.position is not None:
            self._by_index[fragment.position] = call
        if fragment.name.startswith(call.name):
            call.name = fragment.name
        call.is_custom = call.is_custom or fragment.is_custom
        if fragment.fields:
            merge_fields(call.fields, fragment.fields)
        if fragment.function_fields:
            merge_fields(call.function_fields, fragment.function_fields)

    def _finish(self, call: _OpenCall) -> ToolCall:
        data: JsonObject = {"type": "custom"} if call.is_custom else {}
        data |= call.fields
        if call.function_fields:
            data["function"] = call.function_fields
        if call.given_id and wire_id(call.given_id) != call.given_id:
            data["id"] = call.given_id  # the server may want its own form of id back
        native = Native(self._origin, data) if data else None
        if call.is_custom:
            return ToolCall(call.id, call.name, {"input": call.text}, native=native)
        return tool_call(call.id, call.name, call.text, native)


def merge_fields(fields: JsonObject, more: JsonObject) -> None:
    """Add fields of a server's own to those that came before: objects are joined, other values replaced."""
    for name, value in more.items():
        before = fields.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            before.update(value)
        elif value not in _MEANINGLESS:
            fields[name] = {**value} if isinstance(value, dict) else value  # it grows, and is not the frame's


def _read(element: JsonObject) -> _Fragment:
    is_custom = element.get("type") == "custom" or ("custom" in element and "function" not in element)
    inner = as_object(element.get("custom" if is_custom else "function"))
    flat = (not inner and "name" in element) or "arguments" in element
    source = element if flat and not inner else inner
    given = (source.get(name) for name in ("arguments", "parameters", "input"))
    fields: JsonObject = {}
    if not element.keys() <= _FRAMING:
        left_out = _FRAMING | _OF_FUNCTION if flat else _FRAMING
        fields = _own_fields(element, left_out)
    return _Fragment(
        id=_label_text(element.get("id")),
        position=_index(element.get("index")),
        name=as_text(source.get("name")),
        arguments=source.get("input") if is_custom else next((x for x in given if x is not None), None),
        is_custom=is_custom,
        fields=fields,
        function_fields={} if inner.keys() <= _OF_FUNCTION else _own_fields(inner, _OF_FUNCTION),
    )


def _own_fields(source: JsonObject, known: frozenset[str]) -> JsonObject:
    return {name: value for name, value in source.items() if name not in known and value not in _MEANINGLESS}


def _label_text(value: JsonValue) -> str:
    """Return an id as text; a few servers number their calls."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**18 else ""
    return as_text(value)


def _index(value: JsonValue) -> int | None:
    """Return an index: Together's type is float, some servers send digits."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= 9:
        return int(value)
    return as_count(value)


def _relation(call: _OpenCall, fragment: _Fragment) -> Literal["continues", "another", "repeats", "replaces"]:
    """Return what a fragment that is labelled as this call is to it."""
    if fragment.name and call.name and not fragment.name.startswith(call.name):
        return "another"
    text = fragment.text
    if not text or text.isspace() or call.is_custom or not call.is_whole:
        return "continues"
    if text == call.text:
        return "repeats"
    same = bool(fragment.id) or not fragment.name
    if same and text.strip() in _PLACEHOLDERS:
        return "repeats"
    if same and call.is_placeholder:
        return "replaces"
    return "another" if fragment.name else "continues"


def _relation_of_whole(call: _OpenCall, fragment: _Fragment) -> Literal["another", "repeats"]:
    """Return what a whole call under the id of another one is to it: servers were seen to use one id for two
    calls.
    """
    same = fragment.name == call.name and fragment.text == call.text
    return "repeats" if same and call.text and not call.is_placeholder else "another"
