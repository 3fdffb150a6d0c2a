"""How large a response may be."""

from __future__ import annotations

from collections.abc import AsyncIterable

from chat_core.types.errors import InvalidResponse


async def read_whole(chunks: AsyncIterable[bytes], max_bytes: int, start: bytes = b"") -> bytes:
    """Join `start` and what follows. Raises `InvalidResponse` as soon as it is more than `max_bytes`."""
    parts = [start]
    size = len(start)
    check_size(size, max_bytes, "the response")
    async for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        check_size(size, max_bytes, "the response")
    return b"".join(parts)


def check_size(size: int, max_bytes: int, what: str) -> None:
    """Raise `InvalidResponse` if `size` is more than `max_bytes`."""
    if size > max_bytes:
        raise InvalidResponse(
            f"{what} is larger than {max_bytes:,} bytes; HttpTransport(max_bytes=...) raises the limit"
        )
