"""Bytes that grow are few pieces, and each byte is copied seldom."""

from __future__ import annotations

from math import log2

from chat_core.types.byte_pieces import add_piece


def test_many_pieces_of_one_size_become_few_and_are_joined_seldom() -> None:
    pieces: list[bytes] = []
    copied, whole = 0, b""
    for number in range(1000):
        before = {id(piece) for piece in pieces}
        data = b"%03d," % number
        add_piece(pieces, data)
        whole += data
        copied += sum(len(piece) for piece in pieces if id(piece) not in before)

    assert b"".join(pieces) == whole
    assert len(pieces) <= log2(1000) + 1
    assert copied <= len(whole) * (log2(1000) + 1)


def test_a_large_piece_takes_the_smaller_ones_before_it_along_and_leaves_larger_ones() -> None:
    pieces = [b"x" * 100, b"y" * 10]

    add_piece(pieces, b"z" * 20)

    assert pieces == [b"x" * 100, b"y" * 10 + b"z" * 20]
    add_piece(pieces, b"")
    assert b"".join(pieces) == b"x" * 100 + b"y" * 10 + b"z" * 20
