"""Calls of functions, whole or with arguments that arrive piece by piece."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core import Failed, JsonObject, JsonValue, Native, Origin, ToolCall
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import CallIds, tool_call

from chat_gemini.decode.partial_arguments import PartialArguments
from chat_gemini.wire import SIGNATURE

_FIELDS = frozenset({"id", "name", "args", "arguments", "partialArgs", "willContinue"})


@dataclass(slots=True)
class OpenCall:
    """A call whose arguments still arrive. `at` is its place among the parts of the turn."""

    id: str
    name: str
    native: Native
    at: int
    arguments: PartialArguments = field(default_factory=PartialArguments)

    def add(self, call: JsonObject, beside: JsonObject) -> None:
        """Take the next pieces of the arguments, and a signature that comes late."""
        if SIGNATURE in beside:
            self.native.data.setdefault(SIGNATURE, beside[SIGNATURE])
        for piece in as_list(call.get("partialArgs")):
            self.arguments.add(as_object(piece))

    def closed(self, *, is_whole: bool) -> ToolCall:
        """Return the call. Where more was announced than came, it is `Failed`, so that it never runs."""
        text = json.dumps(self.arguments.value(), ensure_ascii=False)
        call = tool_call(self.id, self.name, text, self.native)
        if not is_whole or self.arguments.is_open:
            call.status = Failed("The arguments of the call did not arrive whole, so it was not run.")
        return call


class CallReader:
    """Reads the calls of one turn.

    `names` are the tools that have another name on the wire: the wire's, their own.
    """

    def __init__(self, origin: Origin, ids: CallIds, names: Mapping[str, str]) -> None:
        self._origin = origin
        self._ids = ids
        self._names = names
        self._read: set[tuple[str, str, str]] = set()

    def whole(self, call: JsonObject, beside: JsonObject) -> ToolCall | None:
        """Return a call that came whole, or None for one that a server has repeated: same id, name and
        arguments.
        """
        arguments = call.get("args", call.get("arguments"))
        text = json.dumps({} if arguments is None else arguments, ensure_ascii=False)
        name, wire_id = self._name(call), as_text(call.get("id"))
        if wire_id:
            if (wire_id, name, text) in self._read:
                return None
            self._read.add((wire_id, name, text))
        return tool_call(self._ids.claim(wire_id), name, text, self._native(call, beside))

    def begin(self, call: JsonObject, beside: JsonObject, at: int) -> OpenCall:
        """Return a call whose arguments will arrive piece by piece."""
        id = self._ids.claim(as_text(call.get("id")))
        return OpenCall(id, self._name(call), self._native(call, beside), at)

    def _name(self, call: JsonObject) -> str:
        name = as_text(call.get("name"))
        return self._names.get(name, name)

    def _native(self, call: JsonObject, beside: JsonObject) -> Native:
        """Return what goes back with a call: its id, what stood beside it, and fields in it that have no word
        here.
        """
        extras: dict[str, JsonValue] = {name: value for name, value in call.items() if name not in _FIELDS}
        native = dict(beside)
        if call.get("id"):
            native["id"] = call["id"]
        if extras:
            native["functionCall"] = extras
        return Native(self._origin, native)
