"""Server-sent events out of bytes in any slices. It does no I/O."""

from __future__ import annotations

from collections.abc import Callable

from chat_core.transport import Event
from chat_core.transport.sizes import check_size

# takes 0.1 us less than the constructor of an event; its type names no kind of item
_new: Callable[[type[Event], tuple[str, str]], Event]
_new = tuple.__new__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


class SseReader:
    """Reads server-sent events: `feed` it the bytes, and `end` where they end. Its cost is linear in the
    bytes.

    A block, which is what stands between two blank lines, is parsed once it is whole. Blocks of one `data:`
    line, and of one `event:` and one `data:` line, are nearly all that servers send, and are split instead of
    parsed: httpx-sse, which reads all others, takes 5.8 us for an event of two lines, splitting it 2.2 us. A
    block that starts like JSON is an event of type "body": some servers end in an error that is none of the
    stream's events. UTF-8 is decoded whatever the charset header says; no character lies across a blank line.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._unfinished: list[
            bytes
        ] = []  # joined once, so that an event of many chunks does not cost their square
        self._size = 0
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that `chunk` completes."""
        if chunk and (self._after_cr or b"\r" in chunk):
            chunk = self._with_newlines(chunk)
        edge = chunk.rfind(b"\n\n") + 2
        if edge == 1:  # there is none; but a blank line may lie between the chunks
            edge = int(
                chunk.startswith(b"\n") and self._unfinished != [] and self._unfinished[-1].endswith(b"\n")
            )
        if not edge:
            self._keep(chunk)
            return []
        whole = chunk[:edge]
        if self._unfinished:
            whole = b"".join([*self._unfinished, whole])
            self._unfinished.clear()
            self._size = 0
        if edge < len(chunk):
            self._keep(chunk[edge:])
        return self._parse(whole)

    def end(self) -> list[Event]:
        """Return the event that is still open: servers leave out the last blank line."""
        return self._parse(b"".join([*self._unfinished, b"\n\n"]))

    def _with_newlines(self, chunk: bytes) -> bytes:
        """Return `chunk` with the line ends CR and CRLF as LF, even where a CRLF lies between two chunks."""
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _keep(self, chunk: bytes) -> None:
        if chunk:
            self._unfinished.append(chunk)
            self._size += len(chunk)
            check_size(self._size, self._max_bytes, "an event")

    def _parse(self, whole: bytes) -> list[Event]:
        """Return the events of whole blocks."""
        text = whole.decode("utf-8", "replace")
        if text.startswith("data: "):
            lines = text[len("data: ") : -len("\n\n")].split("\n\ndata: ")
            if text.count("\n") == 2 * len(lines):  # blocks of one line of data, and nothing else
                events = [_new(Event, ("message", data)) for data in lines if data]
                return self._checked(events, len(whole))
        elif text.startswith("event: "):
            blocks = [block.partition("\ndata: ") for block in text[len("event: ") : -2].split("\n\nevent: ")]
            if text.count("\n") == 3 * len(blocks) and all(kind and data for kind, _, data in blocks):
                return self._checked([_new(Event, (kind, data)) for kind, _, data in blocks], len(whole))
        events = [event for block in text.split("\n\n") if (event := _parse_block(block)) is not None]
        return self._checked(events, len(whole))

    def _checked(self, events: list[Event], size: int) -> list[Event]:
        if size > self._max_bytes:
            for event in events:
                check_size(len(event.data), self._max_bytes, "an event")
        return events


def _parse_block(block: str) -> Event | None:
    """Return the event of a block; None for one without data, such as a comment."""
    if block.startswith("event: "):
        kind, _, data = block[len("event: ") :].partition("\ndata: ")
        if data and kind and "\n" not in kind and "\n" not in data:
            return Event(kind, data)
    block = block.strip("\n")
    if block.startswith(("{", "[")):
        return Event("body", block)
    if not block or (block.startswith(":") and "\n" not in block):  # a comment
        return None
    return _read_block(block)


def _read_block(block: str) -> Event | None:
    """Return the event of a block of any lines, as httpx-sse reads it."""
    import httpx  # here, as in the whole room: it takes a tenth of a second
    from httpx_sse import EventSource

    # a character that no UTF-8 holds was replaced when the bytes were decoded
    body = httpx.Response(200, headers=_HEADERS, content=f"{block}\n\n".encode())
    return next(
        (Event(event.event, event.data) for event in EventSource(body).iter_sse() if event.data), None
    )


_HEADERS = {"content-type": "text/event-stream; charset=utf-8"}
