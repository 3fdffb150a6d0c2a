"""A response over HTTP as an `EventStream`, whatever library carries it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import NamedTuple

from chat_core.transport import Event
from chat_core.transport.sizes import read_whole
from chat_core.transport.sse import bursts_from_bytes


class Head(NamedTuple):
    """What comes before the body of a response. Header names are in lower case."""

    status: int
    headers: dict[str, str]


class HttpStream:
    """The `EventStream` of one response, out of its head and the chunks of its body."""

    def __init__(
        self, head: Head, chunks: AsyncGenerator[bytes], max_bytes: int, reads_as: str | None = None
    ) -> None:
        self.status: int = head[0]
        self.headers: dict[str, str] = head[1]
        self._chunks = chunks
        self._max_bytes = max_bytes
        content_type = reads_as or self.headers.get("content-type", "").lower()
        self._bursts = bursts_from_bytes(chunks, content_type=content_type, max_bytes=max_bytes)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    async def read(self) -> bytes:
        return await read_whole(self._chunks, self._max_bytes)

    def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        return self._bursts  # always the same one: a second loop goes on where the first broke off

    async def aclose(self) -> None:
        await self._bursts.aclose()
        await self._chunks.aclose()


def joined_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name in lower case; the values of one name are joined."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
