"""The body of a streamed answer as events: server-sent events by httpx-sse, or the JSON that came in their place."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import AsyncGenerator, AsyncIterable, Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, ClassVar, cast

from chat_core.transport import Event, event_stream
from chat_core.types.errors import InvalidResponse

if TYPE_CHECKING:
    import httpx

_JSON_LINES = ("application/x-ndjson", "application/jsonl", "application/stream+json")
_BLANK = BOM_UTF8 + b" \t\r\n"


async def bursts_from_bytes(
    chunks: AsyncGenerator[bytes], *, content_type: str, max_bytes: int
) -> AsyncGenerator[Sequence[Event]]:
    """Yield the events of a body, those together that arrived together. How it starts says what it is, for content types lie.

    Server-sent events are yielded unless their data is empty, and so are the messages of AWS's binary framing. What
    starts like JSON is one "message" per line where the content type says so, else one event of type "body". Raises
    `InvalidResponse` for a web page, and for an event of more than `max_bytes`. Closes `chunks`.
    """
    async with aclosing(chunks):
        start, first = await _start(chunks, max_bytes)
        if not first:
            return
        if first in b"{[":
            if content_type.partition(";")[0].strip() in _JSON_LINES:
                async with aclosing(_lines(start, chunks, max_bytes)) as lines:
                    async for line in lines:
                        yield (Event("message", line),)
            else:
                yield (
                    Event("body", (await read_whole(chunks, max_bytes, start)).decode("utf-8", "replace")),
                )
        elif first == b"<" or content_type.startswith("text/html"):
            raise InvalidResponse(
                f"expected an event stream, but {content_type or 'an answer without a content type'} came; is the base URL"
                f" right? It starts: {await _excerpt(start, chunks)!r}"
            )
        elif first == b"\0" or content_type.startswith(event_stream.CONTENT_TYPE):
            async with aclosing(event_stream.event_bursts(start, chunks, max_bytes)) as bursts:
                async for burst in bursts:
                    yield burst
        else:
            reader = _SseReader(max_bytes)
            yield reader.feed(start)
            async for chunk in chunks:
                yield reader.feed(chunk)
            yield reader.end()


async def read_whole(chunks: AsyncIterable[bytes], max_bytes: int, start: bytes = b"") -> bytes:
    """Join `start` and what follows. Raises `InvalidResponse` as soon as it is more than `max_bytes`."""
    parts = [start]
    size = len(start)
    check_size(size, max_bytes, "the answer")
    async for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        check_size(size, max_bytes, "the answer")
    return b"".join(parts)


def check_size(size: int, max_bytes: int, what: str) -> None:
    """Raise `InvalidResponse` if `size` is more than `max_bytes`."""
    if size > max_bytes:
        raise InvalidResponse(
            f"{what} is larger than {max_bytes:,} bytes; HttpTransport(max_bytes=...) raises the limit"
        )


async def _start(chunks: AsyncIterable[bytes], max_bytes: int) -> tuple[bytes, bytes]:
    """The chunks up to the first that is not blank, without a byte order mark, and the first byte that is not blank."""
    start = bytearray()
    async for chunk in chunks:
        start += chunk
        if shown := chunk.lstrip(_BLANK):
            return bytes(start).removeprefix(BOM_UTF8), shown[:1]
        check_size(len(start), max_bytes, "the answer")
    return b"", b""


async def _excerpt(start: bytes, chunks: AsyncGenerator[bytes]) -> str:
    while len(start) < 800 and (chunk := await anext(chunks, b"")):  # 200 characters of four bytes
        start += chunk
    return start.decode("utf-8", "replace").strip()[:200]


async def _lines(start: bytes, chunks: AsyncIterable[bytes], max_bytes: int) -> AsyncGenerator[str]:
    """The lines that are not blank. Only "\\n" ends one: the others that str.splitlines() knows may stand inside JSON."""
    unfinished: list[bytes] = []  # joined once, so that a line of many chunks does not cost their square
    held = 0
    async with aclosing(_with_end(start, chunks)) as pieces:
        async for chunk in pieces:
            *finished, rest = chunk.split(b"\n")
            for line in finished:
                whole = b"".join([*unfinished, line]).strip()
                unfinished.clear()
                held = 0
                check_size(len(whole), max_bytes, "an event")
                if whole:
                    yield whole.decode("utf-8", "replace")
            unfinished.append(rest)
            held += len(rest)
            check_size(held, max_bytes, "an event")


async def _with_end(start: bytes, chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    yield start
    async for chunk in chunks:
        yield chunk
    yield b"\n"


class _SseReader:
    """Server-sent events out of bytes in any slices: `feed` them, and `end` where they end. One that is cut is not ended.

    httpx-sse parses whole events at a time, out of this in the place of an httpx.Response: it need not wait inside, and takes
    half the time. Where every event is one line of data, splitting is parsing. UTF-8 is decoded whatever the charset header
    says; no character lies across a blank line.
    """

    headers: ClassVar = {"content-type": "text/event-stream"}

    def __init__(self, max_bytes: int) -> None:
        from httpx_sse import EventSource  # here, because it imports httpx

        self._source = EventSource(cast("httpx.Response", self))
        self._max_bytes = max_bytes
        self._whole = b""
        self._unfinished: list[bytes] = []
        self._held = 0
        self._after_cr = False

    def iter_text(self) -> Iterator[str]:
        """The text of the events that are complete, as httpx-sse asks for it."""
        return iter((self._whole.decode("utf-8", "replace"),))

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes."""
        if chunk and (self._after_cr or b"\r" in chunk):
            chunk = self._with_newlines(chunk)
        edge = chunk.rfind(b"\n\n") + 2
        if edge == 1:  # there is none; but a blank line may lie between the chunks
            edge = int(
                chunk.startswith(b"\n") and self._unfinished != [] and self._unfinished[-1].endswith(b"\n")
            )
        if not edge:
            self._hold(chunk)
            return []
        self._whole = chunk[:edge]
        if self._unfinished:
            self._whole = b"".join([*self._unfinished, self._whole])
            self._unfinished.clear()
            self._held = 0
        if edge < len(chunk):
            self._hold(chunk[edge:])
        return self._parsed()

    def end(self) -> list[Event]:
        """The event that was still open: servers leave out the last blank line."""
        self._whole = b"".join([*self._unfinished, b"\n\n"])
        return self._parsed()

    def _with_newlines(self, chunk: bytes) -> bytes:
        """`chunk` with the line ends CR and CRLF as LF, even where a CRLF lies between two chunks."""
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _hold(self, chunk: bytes) -> None:
        if chunk:
            self._unfinished.append(chunk)
            self._held += len(chunk)
            check_size(self._held, self._max_bytes, "an event")

    def _parsed(self) -> list[Event]:
        size = len(self._whole)
        if (plain := _plain(self._whole)) is not None:
            events = [Event("message", data) for data in plain if data]
        elif self._whole[:1] in (b"{", b"[") or b"\n{" in self._whole or b"\n[" in self._whole:
            events = [
                event for block in self._whole.split(b"\n\n") for event in self._block(block.strip(b"\n"))
            ]
        else:
            events = self._read()
        if size > self._max_bytes:
            for event in events:
                check_size(len(event.data), self._max_bytes, "an event")
        return events

    def _block(self, block: bytes) -> list[Event]:
        """The events of one block. A JSON document, which SSE takes for unknown fields, is how some servers end in an error."""
        if block[:1] in (b"{", b"["):
            return [Event("body", block.decode("utf-8", "replace"))]
        self._whole = block + b"\n\n"
        return self._read()

    def _read(self) -> list[Event]:
        return [Event(event.event, data) for event in self._source.iter_sse() if (data := event.data)]


def _plain(whole: bytes) -> list[str] | None:
    """The data of whole events that are one line of `data: ...` each; None where any says more than that.

    Most servers of the Chat Completions family say no more, and then there is nothing to parse: it takes a quarter of the time.
    """
    if not whole.startswith(b"data: "):
        return None
    data = whole[len(b"data: ") : -len(b"\n\n")].decode("utf-8", "replace").split("\n\ndata: ")
    return data if whole.count(b"\n") == 2 * len(data) else None
