"""Regular expressions of schemas, matched only where their time is known to be bounded.

A schema may come from anybody, and Python's `re` tries all ways in which a text can match: for `(a+)+$` their
number doubles with each character. `matches` first counts the ways, from the parsed pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TypeAlias, cast

_Node: TypeAlias = tuple[object, object]

# The standard library's own parser, which has no public name and no types; its kinds of nodes print as their
# names.
_parse = cast("Callable[[str], Iterable[_Node]]", import_module("re._parser").parse)

_MAX_WAYS = 10_000
_MAX_STEPS = 100_000_000  # about a second of matching


def matches(pattern: str, text: str) -> bool | None:
    """Whether the pattern is found in the text; None where that is not checked.

    It is not checked where the pattern is JavaScript's and not Python's, or could take more than a second.
    """
    compiled = _compiled(pattern)
    if compiled is None or not compiled.cost.fits(len(text)):
        return None
    return compiled.search(text) is not None


def is_safe(pattern: str) -> bool:
    """Whether the pattern is checked, at least against short texts."""
    compiled = _compiled(pattern)
    return compiled is not None and compiled.cost.fits(100)


@dataclass(frozen=True, slots=True)
class _Cost:
    """`ways` in which a text can match; each loop without an upper bound multiplies them by its length."""

    ways: int = 1
    loops: int = 0

    def then(self, other: _Cost) -> _Cost:
        return _Cost(self.ways * other.ways, self.loops + other.loops)

    def fits(self, length: int) -> bool:
        return self.ways <= _MAX_WAYS and self.ways * max(length, 2) ** self.loops <= _MAX_STEPS


_ENDLESS = _Cost(_MAX_WAYS + 1)


@dataclass(frozen=True, slots=True)
class _Compiled:
    search: Callable[[str], re.Match[str] | None]
    cost: _Cost


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> _Compiled | None:
    if len(pattern) > 10_000:
        return None
    try:
        tree = list(_parse(pattern))
        anchored = bool(tree) and repr(tree[0]) in ("(AT, AT_BEGINNING)", "(AT, AT_BEGINNING_STRING)")
        return _Compiled(re.compile(pattern).search, _of_sequence(tree).then(_Cost(1, int(not anchored))))
    except (re.error, RecursionError, OverflowError):
        return None


_SINGLE = frozenset(("LITERAL", "NOT_LITERAL", "ANY", "IN", "AT", "CATEGORY"))
_REPEATS = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))
_GROUPS = frozenset(("SUBPATTERN", "ASSERT", "ASSERT_NOT"))


def _of_sequence(nodes: Iterable[_Node]) -> _Cost:
    cost = _Cost()
    for node in nodes:
        cost = cost.then(_of_node(node))
        if cost.ways > _MAX_WAYS:
            return _ENDLESS
    return cost


def _of_node(node: _Node) -> _Cost:
    kind, details = repr(node[0]), node[1]
    if kind in _SINGLE:
        return _Cost()
    parts = cast("tuple[object, ...]", details)
    if kind in _REPEATS:
        low, high, inner = cast("tuple[int, int, list[_Node]]", parts)
        return _of_repeat(int(low), int(high), _of_sequence(inner))
    if kind in _GROUPS:
        return _of_sequence(cast("list[_Node]", parts[-1]))
    if kind == "BRANCH":
        branches = [_of_sequence(branch) for branch in cast("list[list[_Node]]", parts[1])]
        return _Cost(sum(branch.ways for branch in branches), sum(branch.loops for branch in branches))
    return _ENDLESS  # references to groups, and what later versions of Python add


def _of_repeat(low: int, high: int, inner: _Cost) -> _Cost:
    if high > _MAX_WAYS:  # without a bound, the parser has a very large number
        return _Cost(1, 1) if inner == _Cost() else _ENDLESS
    if inner.loops or (inner.ways > 1 and high > 14):
        return _ENDLESS if high > 1 else _Cost(inner.ways + 1, inner.loops)
    return _Cost(inner.ways**high * (high - low + 1))
