"""Reprs that one can read: bounded in length, without secrets, and without what was left at its default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field
from itertools import islice
from typing import ClassVar, TypeAlias, cast

LONGEST = 1000
"""Characters of one value in a repr."""
_MOST_ITEMS = 20
_LINE = 100

Values: TypeAlias = "Iterator[tuple[str, object]]"


class Abbreviation:
    """Stands in a repr for a value that is not shown, or not whole."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text: str = text

    def __repr__(self) -> str:
        return self.text


class Shown:
    """Prints as its class and the values that `_shown` yields, as text and with rich, which is not imported.

    A value without a name comes first, as a positional argument would.
    """

    __slots__ = ()

    def _shown(self) -> Values:
        """Yield the names and values of what is worth showing: no secrets."""
        raise NotImplementedError

    def __repr__(self) -> str:
        values = [f"{name}={brief(value)}" if name else brief(value) for name, value in self._shown()]
        line = f"{type(self).__name__}({', '.join(values)})"
        if len(line) <= _LINE:
            return line
        return f"{type(self).__name__}(\n" + "".join(f"    {value},\n" for value in values) + ")"

    def __rich_repr__(self) -> Iterator[object]:
        """Yield the same for rich."""
        for name, value in self._shown():
            yield (name, shortened(value)) if name else shortened(value)


class ShortRepr:
    """For dataclasses with many fields that are mostly not set; they are declared with `repr=False`."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[object]]]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={brief(value)}" for name, value in changed_fields(self))
        return f"{type(self).__name__}({fields})"

    def __rich_repr__(self) -> Iterator[object]:
        """Yield the fields that are set, for rich."""
        for name, value in changed_fields(self):
            yield name, shortened(value)


def changed_fields(value: object) -> Values:
    """Yield the fields of a dataclass that are shown and not at their default."""
    declared = cast("dict[str, Field[object]]", getattr(value, "__dataclass_fields__", {}))
    for name, field in declared.items():
        if not field.repr:
            continue
        found: object = getattr(value, name)
        if found != _default(field):
            yield name, found


def brief(value: object) -> str:
    """Return the repr of a value, at most a little longer than `LONGEST`."""
    text = repr(shortened(value))
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 200]} … {text[-200:]}"


def shortened(value: object, depth: int = 3) -> object:
    """Return a value to show in place of this one: long texts and lists are cut, and say how long they
    are.
    """
    match value:
        case str() if len(value) > LONGEST // 2:
            return Abbreviation(f"{value[: LONGEST // 2]!r}… ({len(value):,} characters)")
        case bytes() if len(value) > 40:
            return Abbreviation(f"<{len(value):,} bytes>")
        case list() | tuple() if depth and type(cast("object", value)) in (list, tuple):
            return _shortened_items(cast("list[object]", value), depth)
        case dict() if depth:
            pairs = cast("Mapping[object, object]", value)
            shown = {key: shortened(item, depth - 1) for key, item in islice(pairs.items(), _MOST_ITEMS)}
            rest = len(pairs) - len(shown)
            return shown | ({Abbreviation("…"): Abbreviation(f"{rest:,} more")} if rest else {})
        case list() | dict() if not depth and cast("list[object]", value):
            return Abbreviation("…")
        case _:
            return value


def _shortened_items(items: list[object] | tuple[object, ...], depth: int) -> object:
    shown = [shortened(item, depth - 1) for item in items[:_MOST_ITEMS]]
    if rest := len(items) - len(shown):
        shown.append(Abbreviation(f"… {rest:,} more"))
    return shown if isinstance(items, list) else tuple(shown)


def _default(field: Field[object]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()
