"""Tool calls from their fragments, however the server labels them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from chat_core import JsonObject, JsonValue, Native, Origin, ToolCall, ToolCallChunk
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire.tool_calls import read_arguments, tool_call


@dataclass(slots=True)
class _OpenCall:
    id: str
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])
    custom: bool = False
    named: bool = False  # whether the server gave it an id
    extra: JsonValue = None  # what the server wants back with the call, such as Gemini's signatures

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
    two whole calls under one id, a new id with every fragment, and arguments as an object.
    """

    def __init__(self, origin: Origin, ids: CallIds) -> None:
        self._origin = origin
        self._ids = ids
        self._calls: list[_OpenCall] = []
        self._by_id: dict[str, _OpenCall] = {}
        self._by_index: dict[int, _OpenCall] = {}

    def add(self, fragment: JsonObject, *, whole: bool = False) -> ToolCallChunk:
        """Take one element of a delta's `tool_calls`, or of a whole message's, where each is a call; what it adds."""
        custom = fragment.get("type") == "custom" or (
            "custom" in fragment and "function" not in fragment
        )  # some send both
        said = as_object(fragment.get("custom" if custom else "function"))
        id, name = as_text(fragment.get("id")), as_text(said.get("name"))
        arguments = said.get("input" if custom else "arguments")
        index = as_count(fragment.get("index"))  # Together's type says float
        call = None if whole else self._open(id, index, name)
        if call is None or _another(call, name, arguments):
            call = _OpenCall(self._ids.claim(id))
            self._calls.append(call)
        self._label(call, id, index)
        call.custom = call.custom or custom
        call.extra = fragment.get("extra_content") or call.extra
        if name.startswith(call.name):
            call.name = name
        return ToolCallChunk(call.id, call.name, self._argue(call, arguments))

    def calls(self) -> list[ToolCall]:
        """The calls, in the order in which they began."""
        return [self._finish(call) for call in self._calls]

    def _open(self, id: str, index: int | None, name: str) -> _OpenCall | None:
        """The call that a fragment with these labels continues, if any."""
        if call := self._by_id.get(id):
            return call
        if index is not None and (call := self._by_index.get(index)):
            return None if id and name and call.named else call
        unlabelled = not (id and name) if index is None else not (id or name)
        return self._calls[-1] if unlabelled and self._calls else None

    def _label(self, call: _OpenCall, id: str, index: int | None) -> None:
        if id:
            call.named = True
            self._by_id[id] = call
        if index is not None:
            self._by_index[index] = call

    def _argue(self, call: _OpenCall, arguments: JsonValue) -> str:
        if isinstance(arguments, dict):
            call.pieces = [json.dumps(arguments, ensure_ascii=False)]
            return call.pieces[0]
        text = arguments if isinstance(arguments, str) else "" if arguments is None else json.dumps(arguments)
        call.pieces.append(text)
        return text

    def _finish(self, call: _OpenCall) -> ToolCall:
        text = "".join(call.pieces)
        native: JsonObject = {"type": "custom"} if call.custom else {}
        if call.extra:
            native["extra_content"] = call.extra
        tag = Native(self._origin, native) if native else None
        if call.custom:
            return ToolCall(call.id, call.name, {"input": text}, native=tag)
        return tool_call(call.id, call.name, text, tag)


def _another(call: _OpenCall, name: str, arguments: JsonValue) -> bool:
    """Whether what is labelled as this call is a further one: it has another name, or comes with arguments after whole ones."""
    if not name or not call.name:
        return False
    renamed = not name.startswith(call.name)
    return renamed or (
        call.closed and bool(arguments) and not (isinstance(arguments, str) and arguments.isspace())
    )
