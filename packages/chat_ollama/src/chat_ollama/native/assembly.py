"""A native turn put together from its lines. A whole answer is one line."""

from __future__ import annotations

from collections.abc import Sequence

from chat_completions.assembly import Assembly
from chat_completions.dialect import Dialect
from chat_core import JsonObject, Origin, Part, TurnEvent
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_list, as_object, as_text


class NativeAssembly:
    """The parts in the order received. Each line is read in the words of Chat Completions, so that thoughts which came over one
    surface go back over either."""

    def __init__(self, origin: Origin, dialect: Dialect, ids: CallIds) -> None:
        self._origin = origin
        self._think_tags = dialect.think_tags
        self._ids = ids
        self._stretches = [self._stretch()]
        self._called = False

    def add(self, line: JsonObject) -> Sequence[TurnEvent]:
        """Take a line; what it says."""
        delta = _delta(as_object(line.get("message")))
        before: Sequence[TurnEvent] = ()
        if self._called and (delta["content"] or delta["reasoning"]):  # after calls the model goes on
            before = self.flush()
            self._stretches.append(self._stretch())
            self._called = False
        self._called = self._called or bool(delta["tool_calls"])
        return [*before, *self._stretches[-1].add(delta, whole=True)]

    def flush(self) -> Sequence[TurnEvent]:
        """What was held back, since it could have been the beginning of a tag."""
        return self._stretches[-1].flush()

    def parts(self) -> list[Part]:
        """All of it."""
        return [part for stretch in self._stretches for part in stretch.parts()]

    def _stretch(self) -> Assembly:
        return Assembly(self._origin, self._ids, self._think_tags)


def _delta(message: JsonObject) -> JsonObject:
    return {
        "reasoning": message.get("thinking")
        or message.get("reasoning_content"),  # imitations of Ollama say the latter
        "content": as_text(message.get("content")),
        "tool_calls": [_call(as_object(call)) for call in as_list(message.get("tool_calls"))],
    }


def _call(call: JsonObject) -> JsonObject:
    """Newer servers give a call its id, at either of two places; older ones none."""
    function = as_object(call.get("function"))
    return {"id": call.get("id") or function.get("id"), "function": function}
