"""Bytes or text that grows at its end, as few pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import AnyStr, cast


def add_piece(pieces: list[AnyStr], data: AnyStr) -> None:
    """Add data at the end. It is joined with pieces before it that are no larger: of n pieces about log n
    remain, and each byte or character is copied about as often.
    """
    size = len(data)
    first = len(pieces)
    while first and len(pieces[first - 1]) <= size:
        first -= 1
        size += len(pieces[first])
    if first < len(pieces):
        join = cast("Callable[[list[AnyStr]], AnyStr]", data[:0].join)
        data = join(pieces[first:] + [data])  # noqa: RUF005  mypy does not follow the other form
        del pieces[first:]
    pieces.append(data)
