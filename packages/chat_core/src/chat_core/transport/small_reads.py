"""How much an asyncio transport reads at once."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

_AT_ONCE = 64 * 1024  # bytes


def read_in_small_buffers(transport: asyncio.BaseTransport) -> None:
    """Have the transport read 64 KiB at once, where it lets its size be set.

    asyncio reads 256 KiB, for which the C library asks the operating system for memory with each read and
    gives it back afterwards: 20 µs for an event of a stream that comes alone, a quarter of what it takes.
    """
    if hasattr(transport, "max_size"):  # uvloop has one buffer for all reads
        cast("_Sized", transport).max_size = _AT_ONCE


class _Sized(Protocol):
    max_size: int
