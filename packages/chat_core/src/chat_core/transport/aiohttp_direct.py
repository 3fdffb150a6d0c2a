"""A POST on a connection of aiohttp's, without its session.

The session makes four objects for each request that repeat what the one before had: of 150 µs for a request,
it takes 70. Its connector and its parser do the rest, by their public methods.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from types import FunctionType
from typing import NamedTuple, cast

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from chat_core.transport.aiohttp_chunks import JoiningHandler
from chat_core.transport.aiohttp_connector import Destination, LimitedConnector
from chat_core.transport.http_stream import Head, joined_headers

_SMALL = 64 << 10  # bytes; a larger body is not copied behind its head
_CHANGES_SENDING = frozenset(("connection", "expect", "te", "trailer", "upgrade"))  # headers


class Opened(NamedTuple):
    """A response whose head is there. `close` ends it: the connection is kept where all has been read."""

    head: Head
    content: aiohttp.StreamReader
    close: Callable[[], None]


@dataclass(frozen=True, slots=True, repr=False)
class Direct:
    """What is the same for each POST to a URL with the same headers. They are secret: no repr shows them."""

    head: bytes  # up to the number of the body's bytes
    destination: aiohttp.ClientRequest
    timeout: aiohttp.ClientTimeout

    async def post(self, connector: LimitedConnector, body: bytes) -> Opened:
        """Send a request, and return the response as soon as its head is there. Raises aiohttp's errors."""
        connection = await connector.connect(self.destination, [], self.timeout)
        try:
            handler = cast("JoiningHandler", connection.protocol)
            handler.expect_response()
            head = b"%b%d\r\n\r\n" % (self.head, len(body))
            write = cast("asyncio.Transport", handler.transport).write
            if len(body) <= _SMALL:
                write(head + body)
            else:
                write(head)
                write(body)
            message, content = await handler.read()
            while 100 <= message.code < 200 and message.code != 101:
                message, content = await handler.read()
        except BaseException:
            connection.close()
            raise
        return Opened(Head(message.code, joined_headers(message.raw_headers)), content, connection.release)


def direct(
    url: URL, headers: CIMultiDict[str], ssl: SSLContext | bool, timeout: aiohttp.ClientTimeout
) -> Direct | None:
    """Return how a POST with these headers is sent; None where a header changes how it has to be sent."""
    if not _CHANGES_SENDING.isdisjoint(name.lower() for name in headers):
        return None
    destination = Destination(url, ssl)
    sent = destination.request(asyncio.get_running_loop(), headers).headers
    sent.popall("content-length", None)
    lines = [f"POST {url.raw_path_qs} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    head = "\r\n".join([*lines, "Content-Length: "]).encode()
    return Direct(head, cast("aiohttp.ClientRequest", destination), timeout)


def plain_connector(session: aiohttp.ClientSession) -> LimitedConnector | None:
    """Return the connector of a session whose requests no library watches: it has no hooks, and no method of
    another library stands in its class, to record requests or to answer them in its place.
    """
    if session.trace_configs or vars(aiohttp.ClientSession).get("_request") is not _ORIGINAL:
        return None
    connector = session.connector
    return connector if isinstance(connector, LimitedConnector) and connector.joins_chunks else None


def _original() -> object:
    """Return aiohttp's own method; what is none where another stands in its place already."""
    method: object = vars(aiohttp.ClientSession).get("_request")
    is_own = type(method) is FunctionType and method.__code__.co_filename == aiohttp.client.__file__
    return method if is_own else object()


_ORIGINAL = _original()
