"""aiohttp's connection, with the chunks of a body that arrived together joined.

Each event of a stream is an HTTP chunk of its own on most servers, and aiohttp calls three functions for
each. Whole chunks in their plain form are taken off before its parser, which reads everything else: the head,
the end, what is cut, and what is malformed. It is given the rest of a chunk that it was given the beginning
of, and so stands between two chunks where the next is taken off.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage

from chat_core.transport.plain_chunks import missing_of_chunk, plain_chunks
from chat_core.transport.small_reads import read_in_small_buffers

_HEAD_END = b"\r\n\r\n"


class JoiningHandler(ResponseHandler):
    """One connection.

    state   | what arrives                       | what happens
    --------|------------------------------------|-----------------------------------------------------------
    head    | a whole head of a chunked response | the parser reads it: between
    head    | a whole interim head               | the parser reads it: head
    head    | anything else                      | parser
    between | whole chunks                       | their contents are fed to the body
    between | the beginning of a chunk           | the parser reads it, and then its rest: between
    between | anything else, such as the end     | parser
    parser  | anything                           | the parser reads it; the next request begins with the head
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._reads_head = False
        self._body: StreamReader | None = None
        self._is_chunked = False
        self._chunked: StreamReader | None = None  # the body, between two chunks
        self._missing = 0  # bytes of a chunk whose beginning the parser has read
        self._feeds = False
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        read_in_small_buffers(transport)

    def expect_response(self) -> None:
        """Begin with the response to a request that is about to be written."""
        self.set_response_params(read_until_eof=True, auto_decompress=False)
        self._reads_head, self._missing = True, 0
        self._body = self._chunked = None

    def is_connected(self) -> bool:
        """Return whether another request can be sent: what came unasked would be taken for its response."""
        return super().is_connected() and not len(self)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Take a head that the parser has read, and its body."""
        message, body = data
        self._reads_head = 100 <= message.code < 200 and message.code != 101
        if not self._reads_head and not body.is_eof():
            self._body = body
            self._is_chunked = message.chunked
        super().feed_data(data, size)

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Fail, and have the body fail, which aiohttp leaves waiting where what is no HTTP comes behind the
        head.
        """
        if exc_cause is None:
            super().set_exception(exc)
        else:
            super().set_exception(exc, exc_cause)
        if self._body is not None and not self._body.is_eof() and self._body.exception() is None:
            self._body.set_exception(exc)

    def data_received(self, data: bytes) -> None:
        """Read what has arrived; nothing where reading goes on after a pause."""
        while self._reads_head and data:
            data = self._read_head(data)
        body = self._chunked
        if body is None or not data:
            super().data_received(data)
            return
        if self._missing:
            part, data = data[: self._missing], data[self._missing :]
            super().data_received(part)
            self._missing -= len(part)
            if self.exception() is not None or not data:
                return
        self._read_chunks(body, data)

    def pause_reading(self) -> None:
        """Let the server wait: the reader has more than it wants."""
        self._is_paused = True
        if not self._feeds:
            super().pause_reading()
        elif self.transport is not None:  # the parser, which has nothing to do with it, would stay paused
            with suppress(RuntimeError):  # the connection is closed
                self.transport.pause_reading()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Go on where it was paused. aiohttp asks for it with each read of the body."""
        if self._is_paused:
            self._is_paused = False
            super().resume_reading(resume_parser)

    def _read_head(self, data: bytes) -> bytes:
        """Have the parser read a head, and return what follows it: all data where it is not whole."""
        self._reads_head = False
        end = data.find(_HEAD_END) + len(_HEAD_END)
        head = data[:end]
        if b"chunked" not in head.lower() or head.count(b"\n") != head.count(b"\r\n"):
            return data  # all that came with an interim head too
        super().data_received(head)
        if self._body is not None and self._is_chunked:
            self._chunked = self._body
            self._chunked.begin_http_chunk_receiving()
        return data[end:]

    def _read_chunks(self, body: StreamReader, data: bytes) -> None:
        chunks, at = plain_chunks(data)
        if chunks:
            self._feeds = True
            body.feed_data(chunks[0] if len(chunks) == 1 else b"".join(chunks))
            self._feeds = False
            data = data[at:]
        if data:
            self._missing = missing_of_chunk(data)
            if not self._missing:
                self._chunked = None
            super().data_received(data)
