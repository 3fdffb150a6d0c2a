"""Bytes that grow at their end, as few pieces."""

from __future__ import annotations


def add_piece(pieces: list[bytes], data: bytes) -> None:
    """Add data at the end. It is joined with pieces before it that are no larger: of n pieces about log n
    remain, and each byte is copied about as often.
    """
    size = len(data)
    first = len(pieces)
    while first and len(pieces[first - 1]) <= size:
        first -= 1
        size += len(pieces[first])
    if first < len(pieces):
        data = b"".join([*pieces[first:], data])
        del pieces[first:]
    pieces.append(data)
