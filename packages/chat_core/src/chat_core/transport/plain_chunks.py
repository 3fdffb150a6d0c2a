"""Chunks of an HTTP body in their plain form: a size and the data."""

from __future__ import annotations

import re

_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")


def plain_chunks(data: bytes) -> tuple[list[bytes], int]:
    """Return the contents of the whole chunks in their plain form that `data` begins with, and where they
    end.
    """
    chunks: list[bytes] = []
    at = 0
    while (size := _SIZE.match(data, at)) is not None:
        begin = size.end()
        end = begin + int(size[1], 16)
        if begin == end or data[end : end + 2] != b"\r\n":
            break  # it is the last one, or not whole, or malformed
        chunks.append(data[begin:end])
        at = end + 2
    return chunks, at


def missing_of_chunk(data: bytes) -> int:
    """Return how many bytes the chunk in its plain form that `data` begins with lacks, its line end included.

    0 where it lacks none, where it is the last one, and where its size is not whole or in another form.
    """
    size = _SIZE.match(data)
    if size is None or not (length := int(size[1], 16)):
        return 0
    return max(0, size.end() + length + 2 - len(data))
