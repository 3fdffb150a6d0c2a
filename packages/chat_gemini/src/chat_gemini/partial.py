"""The arguments of a call that arrive piece by piece, each at its JSONPath."""

from __future__ import annotations

import re
from itertools import pairwise

from chat_core import InvalidResponse, JsonObject, JsonValue
from chat_core.types.json_values import as_text

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
_VALUES = ("numberValue", "boolValue", "nullValue")


class Arguments:
    """`value` is what the pieces say so far."""

    def __init__(self) -> None:
        self.value: JsonObject = {}

    def add(self, piece: JsonObject) -> None:
        """Put a piece in its place: strings go on, other values come whole. Raises `InvalidResponse` for a place that cannot be."""
        steps = _steps(as_text(piece.get("jsonPath")))
        if not steps:
            return
        inner: JsonValue = self.value
        for step, following in pairwise(steps):
            child = _child(inner, step)
            if child is None:
                child = list[JsonValue]() if isinstance(following, int) else dict[str, JsonValue]()
                _put(inner, step, child)
            inner = child
        if isinstance(text := piece.get("stringValue"), str):
            before = _child(inner, steps[-1])
            _put(inner, steps[-1], before + text if isinstance(before, str) else text)
        elif said := [name for name in _VALUES if name in piece]:
            _put(inner, steps[-1], None if said[0] == "nullValue" else piece[said[0]])


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    at = 1
    while path.startswith("$") and at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise InvalidResponse(f"not a path into a call's arguments: {path[:100]!r}")
        dotted, index, single, double = found.groups()
        if index is not None:
            steps.append(int(index))
        else:
            quoted = single if double is None else double
            steps.append(dotted if dotted is not None else re.sub(r"\\(.)", r"\1", quoted))
        at = found.end()
    return steps


def _child(holder: JsonValue, step: str | int) -> JsonValue:
    match holder, step:
        case dict(), str():
            return holder.get(step)
        case list(), int() if step < len(holder):
            return holder[step]
        case _:
            return None


def _put(holder: JsonValue, step: str | int, value: JsonValue) -> None:
    match holder, step:
        case dict(), str():
            holder[step] = value
        case list(), int() if step < len(holder):
            holder[step] = value
        case list(), int() if step <= len(holder) + 1000:
            holder.extend([None] * (step - len(holder)))
            holder.append(value)
        case _:
            raise InvalidResponse(f"a call's arguments cannot have {step!r} in {str(holder)[:100]}")
