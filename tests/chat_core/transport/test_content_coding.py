"""A content-encoding is undone however the bytes are cut."""

import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from chat_core.transport.content_coding import decoded

pytestmark = pytest.mark.anyio
TEXT = b"a text of some length, some length"


async def cut(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
        ("deflate", b""),
    ],
    ids=["gzip", "zlib", "raw", "empty"],
)
async def test_each_format_is_known_by_its_first_bytes(coding: str, data: bytes, size: int):
    pieces = [piece async for piece in decoded(cut(data, size), coding)]
    assert b"".join(pieces) == (TEXT if data else b"")
