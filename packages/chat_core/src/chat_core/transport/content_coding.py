"""The content-encoding of a response, undone in pieces of bounded size."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterable

from chat_core.types.errors import InvalidResponse

ACCEPTED = "gzip, deflate"
_PIECE = (
    1 << 20
)  # bytes that one step may decode to: a bomb of 300 bytes would otherwise become gigabytes at once
_GZIP, _ZLIB, _RAW = (
    31,
    15,
    -15,
)  # zlib's codes of the formats; deflate is one of the last two, servers disagree


async def decoded(chunks: AsyncIterable[bytes], coding: str) -> AsyncGenerator[bytes]:
    """Yield a body decoded, in pieces of at most 1 MiB. `coding` is the header `content-encoding`.

    Raises `InvalidResponse` for another coding than gzip or deflate, for more than one, and for bytes that
    are not in it.
    """
    name = coding.strip().lower()
    if name in ("", "identity"):
        async for chunk in chunks:
            yield chunk
        return
    if name not in ("gzip", "x-gzip", "deflate"):
        raise InvalidResponse(
            f"the response has the content-encoding {coding[:100]!r}; only {ACCEPTED} are read"
        )
    decoder = _Decoder(name)
    async for chunk in chunks:
        while chunk:
            piece, chunk = decoder.feed(chunk)
            if piece:
                yield piece


class _Decoder:
    """Bytes of one coding, decoded step by step. gzip may have several members, one after the other."""

    def __init__(self, name: str) -> None:
        self._format = _ZLIB if name == "deflate" else _GZIP
        self._name = name
        self._zlib = zlib.decompressobj(self._format)
        self._began = False
        self._first: bytes = b""  # one byte does not tell the two formats of deflate apart

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the next piece, and the data that are left to be fed."""
        if self._zlib.eof:
            if self._format != _GZIP:
                return b"", b""
            self._zlib = zlib.decompressobj(self._format)
        if not self._began:
            data, self._first = self._first + data, b""
            if len(data) < 2:
                self._first = data
                return b"", b""
        try:
            piece = self._zlib.decompress(data, _PIECE)
        except zlib.error as exc:
            if self._format == _ZLIB and not self._began:
                self._format = _RAW
                self._zlib = zlib.decompressobj(_RAW)
                return self.feed(data)
            raise InvalidResponse(
                f"the response is not in the content-encoding {self._name} that it names: {exc}"
            ) from exc
        self._began = True
        return piece, self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
