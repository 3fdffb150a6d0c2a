"""The body of a streamed response as events: server-sent events, or the JSON that came in their place."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from contextlib import aclosing
from itertools import takewhile

from chat_core.transport import Event, event_stream
from chat_core.transport.sizes import check_size, read_whole
from chat_core.transport.sse_reader import SseReader
from chat_core.types.errors import InvalidResponse

_JSON_LINES = ("application/x-ndjson", "application/jsonl", "application/x-jsonl", "application/stream+json")
_FIELD = re.compile(
    rb"\s*(?:data|event|id|retry)?:"
)  # how server-sent events start, under whatever content type
_BLANK = BOM_UTF8 + b" \t\r\n"


async def bursts_from_bytes(
    chunks: AsyncGenerator[bytes], *, content_type: str, max_bytes: int
) -> AsyncGenerator[Sequence[Event]]:
    """Yield the events of a body, those together that arrived together. How it starts says what it is, for
    content types lie.

    Server-sent events are yielded unless their data is empty, and so are the messages of AWS's binary
    framing. What starts like JSON is one "message" per line where the content type says so, else one event of
    type "body". Raises `InvalidResponse` for a web page, and for an event of more than `max_bytes`. Closes
    `chunks`.
    """
    async with aclosing(chunks):
        start, first = await _start(chunks, max_bytes)
        if not first:
            return
        if first in b"{[":
            is_lines = content_type.partition(";")[0].strip() in _JSON_LINES
            read_json = _json_lines if is_lines else _json_document
            async with aclosing(read_json(start, chunks, max_bytes)) as bursts:
                async for burst in bursts:
                    yield burst
        elif first == b"<" or (content_type.startswith("text/html") and not _FIELD.match(start)):
            raise InvalidResponse(
                f"expected an event stream, but {content_type or 'a response without a content type'} "
                f"came; is the base URL"
                f" right? It starts: {await _excerpt(start, chunks)!r}"
            )
        elif first == b"\0" or content_type.startswith(event_stream.CONTENT_TYPE):
            async with aclosing(event_stream.event_bursts(start, chunks, max_bytes)) as bursts:
                async for burst in bursts:
                    yield burst
        else:
            reader = SseReader(max_bytes)
            yield reader.feed(start)
            async for chunk in chunks:
                yield reader.feed(chunk)
            yield reader.end()


async def _json_document(
    start: bytes, chunks: AsyncIterable[bytes], max_bytes: int
) -> AsyncGenerator[Sequence[Event]]:
    """Yield a whole body as one event."""
    yield (Event("body", (await read_whole(chunks, max_bytes, start)).decode("utf-8", "replace")),)


async def _json_lines(
    start: bytes, chunks: AsyncIterable[bytes], max_bytes: int
) -> AsyncGenerator[Sequence[Event]]:
    """Yield an event for each line of a body, those together that came whole together."""
    async with aclosing(_lines(start, chunks, max_bytes)) as bursts:
        async for lines in bursts:
            yield [Event("message", line.decode("utf-8", "replace")) for line in lines]


async def _start(chunks: AsyncIterable[bytes], max_bytes: int) -> tuple[bytes, bytes]:
    """Return the chunks up to the first that is not blank, without a byte order mark, and the first byte that
    is not blank.
    """
    start = bytearray()
    async for chunk in chunks:
        start += chunk
        if shown := chunk.lstrip(_BLANK):
            return bytes(start).removeprefix(BOM_UTF8), shown[:1]
        check_size(len(start), max_bytes, "the response")
    return b"", b""


async def _excerpt(start: bytes, chunks: AsyncGenerator[bytes]) -> str:
    """Return the first 200 characters of a body."""
    while len(start) < 800 and (chunk := await anext(chunks, b"")):  # 200 characters of four bytes
        start += chunk
    return start.decode("utf-8", "replace").strip()[:200]


async def _lines(
    start: bytes, chunks: AsyncIterable[bytes], max_bytes: int
) -> AsyncGenerator[Sequence[bytes]]:
    """Yield the lines that are not blank, those together that a chunk completes.

    Only "\\n" ends one: the others that str.splitlines() knows may stand inside JSON.
    """
    unfinished: list[bytes] = []  # joined once, so that a line of many chunks does not cost their square
    size = 0
    async with aclosing(_with_end(start, chunks)) as pieces:
        async for chunk in pieces:
            *finished, rest = chunk.split(b"\n")
            if finished:
                finished[0] = b"".join([*unfinished, finished[0]])
                unfinished.clear()
                size = 0
                lines = [whole for line in finished if (whole := line.strip())]
                fitting = list(takewhile(lambda line: len(line) <= max_bytes, lines))
                if fitting:
                    yield fitting
                for line in lines[len(fitting) :]:
                    check_size(len(line), max_bytes, "an event")
            unfinished.append(rest)
            size += len(rest)
            check_size(size, max_bytes, "an event")


async def _with_end(start: bytes, chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    yield start
    async for chunk in chunks:
        yield chunk
    yield b"\n"
