"""The form of events that differ in one text, and perhaps in other values: what stands around these."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from chat_core.transport import Event

_TEXT, STRING, NUMBER, COUNTED = range(4)  # what stands in a place that differs

Hole: TypeAlias = tuple[int, str, int]
"""A value that differs besides the text: what it is, what stands after it, and the length of that."""

_VALUE = re.compile(r'\s*:\s*(?:"([^"\\\x00-\x1f\ud800-\udfff]*)"|([1-9][0-9]{0,17}|0)(?=[\s,}\]]))')


class Form(NamedTuple):
    """What events have in common. Strings that differ have their quotation marks outside."""

    type: str
    begin: str  # up to a hole, or to the text
    size: int  # of `begin`
    before: tuple[Hole, ...]  # the holes before the text
    end: str  # what follows the text, up to a hole or to the end
    end_size: int
    after: tuple[Hole, ...]  # the holes after the text


def form_of(event: Event, text: str, names: Sequence[str], counted: str) -> Form | None:
    """Return what stands around the text of an event, and around the values with these names."""
    type, data = event
    literal = _literal(data, text)
    at = data.find(literal)
    if at < 0 or data.rfind(literal) != at:
        return None  # another string is the same
    spans = [(at + 1, at + len(literal) - 1, _TEXT)]
    spans += [span for name in names if (span := _span(data, name)) is not None]
    if counted:
        span = _span(data, counted)
        if span is None or span[2] != NUMBER:
            return None
        spans.append((*span[:2], COUNTED))
    spans.sort()
    kinds = [kind for _, _, kind in spans]
    starts, stops = [start for start, _, _ in spans], [stop for _, stop, _ in spans]
    pieces = [data[start:stop] for start, stop in zip([0, *stops], [*starts, len(data)], strict=True)]
    holes = [(kind, piece, len(piece)) for kind, piece in zip(kinds, pieces[1:], strict=True)]
    place = kinds.index(_TEXT)
    begin, (_, end, size) = pieces[0], holes[place]
    return Form(type, begin, len(begin), tuple(holes[:place]), end, size, tuple(holes[place + 1 :]))


def _literal(data: str, text: str) -> str:
    """Return how the text is written in an event; "\\0", which is in none, where that is not certain: with
    other escapes in it, another string might be the text.
    """
    literal = f'"{text}"'
    if "\\" not in data:
        return literal
    for escaped in (json.dumps(text, ensure_ascii=False), json.dumps(text)):
        if escaped in data and escaped.count("\\") == data.count("\\") and literal not in data:
            return escaped
    return "\0"


def _span(data: str, name: str) -> tuple[int, int, int] | None:
    """Return where the value with this name begins and ends, and what it is; None where it is not certain."""
    found = _value_at(data, name)
    if found is None:
        return None
    group = found.lastindex or 0
    return (*found.span(group), STRING if group == 1 else NUMBER)


def value_of(data: str, name: str) -> str | None:
    """Return the simple value with this name, as it is written; None where there is none, or several."""
    found = _value_at(data, name)
    return None if found is None else found[0]


def _value_at(data: str, name: str) -> re.Match[str] | None:
    at = data.find(name)
    return _VALUE.match(data, at + len(name)) if at >= 0 and data.rfind(name) == at else None
