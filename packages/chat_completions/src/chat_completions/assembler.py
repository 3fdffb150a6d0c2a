"""Tool calls from their fragments, however the server labels them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from chat_core import JsonObject, JsonValue, Native, Origin, ToolCall, ToolCallChunk
from chat_core.calls import CallIds, read_arguments, tool_call
from chat_core.jsonvalue import as_object, as_text


@dataclass(slots=True)
class _OpenCall:
    id: str
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])
    custom: bool = False
    named: bool = False  # whether the server gave it an id

    @property
    def closed(self) -> bool:
        """Whether its arguments are a whole JSON object already."""
        text = "".join(self.pieces)
        try:
            return bool(text) and bool(read_arguments(text) or True)
        except ValueError:
            return False


class CallAssembler:
    """The calls of one turn. A known id wins; a new id at a used index opens a new call; without either the open call goes on.

    Servers were seen to send index 0 for all calls, the head and the tail of one at different indexes, a call without id or index,
    two whole calls under one id, and arguments as an object.
    """

    def __init__(self, origin: Origin, ids: CallIds) -> None:
        self._origin = origin
        self._ids = ids
        self._calls: list[_OpenCall] = []
        self._by_id: dict[str, _OpenCall] = {}
        self._by_index: dict[int, _OpenCall] = {}

    def add(self, fragment: JsonObject) -> ToolCallChunk:
        """Take one element of a delta's `tool_calls`; what it adds."""
        custom = isinstance(fragment.get("custom"), dict)
        said = as_object(fragment.get("custom" if custom else "function"))
        id, name = as_text(fragment.get("id")), as_text(said.get("name"))  # noqa: A001  the field's name
        call = self._call(id, _index(fragment.get("index")), name)
        call.custom = call.custom or custom
        if name and (not call.name or (name != call.name and name.startswith(call.name))):
            call.name = name
        return ToolCallChunk(call.id, call.name, self._argue(call, said.get("input" if custom else "arguments")))

    def calls(self) -> list[ToolCall]:
        """The calls, in the order in which they began."""
        return [self._finish(call) for call in self._calls]

    def _call(self, id: str, index: int | None, name: str) -> _OpenCall:  # noqa: A002  the field's name
        call = self._by_id.get(id)
        if call is None and index is not None:
            at_index = self._by_index.get(index)
            renamed = id and name and at_index is not None and at_index.named
            call = None if renamed else at_index
        elif call is None and self._calls and not (id and name):
            call = self._calls[-1]
        if call is None or (name and call.name and call.closed):
            call = _OpenCall(self._ids.claim(id))
            self._calls.append(call)
        if id:
            call.named = True
            self._by_id[id] = call
        if index is not None:
            self._by_index[index] = call
        return call

    def _argue(self, call: _OpenCall, arguments: JsonValue) -> str:
        if isinstance(arguments, dict):
            call.pieces = [json.dumps(arguments, ensure_ascii=False)]
            return call.pieces[0]
        text = as_text(arguments)
        call.pieces.append(text)
        return text

    def _finish(self, call: _OpenCall) -> ToolCall:
        text = "".join(call.pieces)
        if call.custom:
            return ToolCall(call.id, call.name, {"input": text}, native=Native(self._origin, {"type": "custom"}))
        return tool_call(call.id, call.name, text)


def _index(value: JsonValue) -> int | None:
    return int(value) if isinstance(value, int | float) else None  # Together's type says float
