"""The arguments of a call that arrive piece by piece, each at its JSONPath."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from chat_core import InvalidResponse, JsonObject, JsonValue
from chat_core.types.json_values import MAX_DEPTH, as_text

Steps: TypeAlias = tuple[str | int, ...]

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
_VALUES = ("numberValue", "boolValue", "nullValue")
_LONGEST_GAP = 1000  # items of a list that a piece may leave out


class PartialArguments:
    """The arguments as far as their pieces have come.

    Pieces of one string are joined once, at the end, so that the cost is linear in their bytes.
    """

    def __init__(self) -> None:
        self._value: JsonObject = {}
        self._texts: dict[Steps, list[str]] = {}
        self._open: set[Steps] = set()

    @property
    def is_open(self) -> bool:
        """Whether a string was announced to go on and has not."""
        return bool(self._open)

    def add(self, piece: JsonObject) -> None:
        """Put a piece in its place: strings go on, other values come whole. Raises `InvalidResponse`."""
        steps = _steps(as_text(piece.get("jsonPath")))
        if not steps:
            return
        if isinstance(text := piece.get("stringValue"), str):
            self._add_text(steps, text)
        elif given := [name for name in _VALUES if name in piece]:
            self._place(steps, None if given[0] == "nullValue" else piece[given[0]])
            self._texts.pop(steps, None)
        if piece.get("willContinue") is True:
            self._open.add(steps)
        else:
            self._open.discard(steps)

    def value(self) -> JsonObject:
        """Return the arguments as far as they have come."""
        for steps, texts in self._texts.items():
            if len(texts) > 1:
                texts[:] = ["".join(texts)]
            self._place(steps, texts[0])
        return self._value

    def _add_text(self, steps: Steps, text: str) -> None:
        if (texts := self._texts.get(steps)) is not None:
            texts.append(text)
        else:
            self._place(steps, text)
            self._texts[steps] = [text]

    def _place(self, steps: Steps, value: JsonValue) -> None:
        inner: JsonValue = self._value
        for step, following in pairwise(steps):
            child = _child(inner, step)
            if child is None:
                child = list[JsonValue]() if isinstance(following, int) else dict[str, JsonValue]()
                _put(inner, step, child)
            inner = child
        _put(inner, steps[-1], value)


@lru_cache(maxsize=256)
def _steps(path: str) -> Steps:
    """Return the steps of a JSONPath, none where it is no path. Raises `InvalidResponse`."""
    steps: list[str | int] = []
    at = 1
    while path.startswith("$") and at < len(path):
        found = _STEP.match(path, at)
        if found is None or len(steps) >= MAX_DEPTH:
            raise InvalidResponse(f"not a path into a call's arguments: {path[:100]!r}")
        dotted, index, single, double = found.groups()
        if index is not None:
            steps.append(int(index))
        else:
            quoted = single if double is None else double
            steps.append(dotted if dotted is not None else re.sub(r"\\(.)", r"\1", quoted))
        at = found.end()
    return tuple(steps)


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
        case list(), int() if step <= len(holder) + _LONGEST_GAP:
            holder.extend([None] * (step - len(holder)))
            holder.append(value)
        case _:
            raise InvalidResponse(f"a call's arguments cannot have {step!r} in {str(holder)[:100]}")
