"""What aiohttp is given for a request, and how it sends one."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from ssl import SSLContext

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import StreamWriter
from multidict import CIMultiDict
from yarl import URL

from chat_core.transport import Request
from chat_core.transport.aiohttp_direct import Direct, Opened, direct, plain_connector
from chat_core.transport.content_coding import ACCEPTED
from chat_core.transport.http_errors import Way
from chat_core.transport.http_request import check_headers
from chat_core.transport.http_stream import Head, joined_headers
from chat_core.transport.tls import public_trust
from chat_core.types.version import VERSION

_SMALL = 32 << 10  # bytes; asyncio lets a writer wait for twice as many
_LARGE = 1 << 20  # bytes; of a larger body aiohttp wants to read pieces


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """What is the same for all requests to one URL with the same headers: all but method and body.

    The headers are secret: no repr shows them.
    """

    way: Way
    url: URL
    headers: CIMultiDict[str]
    absent: tuple[str, ...] | None
    """Headers that aiohttp may not add; None where `PreparedRequest` adds none."""
    proxy: URL | None
    ssl: SSLContext | bool
    timeout: aiohttp.ClientTimeout
    direct: Direct | None
    """How a POST is sent without aiohttp's session; None where it has to be by it."""

    async def send(self, session: aiohttp.ClientSession, request: Request) -> Opened:
        """Send the request, and return the response as soon as its head is there."""
        if self.direct is not None and request.method == "POST":
            connector = plain_connector(session)
            if connector is not None:
                return await self.direct.post(connector, request.body)
        response = await session.request(
            request.method,
            self.url,
            data=BytesIO(request.body) if len(request.body) > _LARGE else request.body or None,
            headers=self.headers,
            skip_auto_headers=self.absent,
            allow_redirects=False,  # the key would go to another server
            auto_decompress=False,
            raise_for_status=False,
            proxy=self.proxy,
            ssl=self.ssl,
            timeout=self.timeout,
        )
        head = Head(response.status, joined_headers(response.raw_headers))
        return Opened(head, response.content, response.close)


def prepared(request: Request, way: Way, proxy: str | None, *, is_custom: bool) -> Prepared:
    """Return what is sent with this request and with those like it.

    Raises `ConfigurationError` for headers that cannot be sent. A custom session has headers of its own, such
    as a user agent, and a connector of its own, which may have to wait for a connection.
    """
    check_headers(request)
    headers = CIMultiDict(request.headers)
    headers.setdefault("accept-encoding", ACCEPTED)
    if not is_custom:
        headers.setdefault("user-agent", f"chat-core/{VERSION}")
    is_whole = "content-type" in headers and not is_custom
    url = URL(request.url, encoded=True)
    ssl = public_trust() if not is_custom and way.server.startswith("https:") else True
    connect = way.connect if is_custom else None
    timeout = aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=way.connect)
    return Prepared(
        way,
        url,
        headers,
        None if is_whole else ("accept", "content-type"),
        None if proxy is None else URL(proxy),
        ssl,
        timeout,
        None if is_custom or proxy is not None else direct(url, headers, ssl, timeout),
    )


class PreparedRequest(aiohttp.ClientRequest):
    """A request whose headers are whole, and whose body is written at once where it is small.

    aiohttp looks for headers to add in a copy of all, and before Python 3.12 writes each body in a task of
    its own: together a tenth of what a request takes.
    """

    def update_auto_headers(self, skip_auto_headers: Iterable[str] | None) -> None:
        """Add headers, unless all are there."""
        if skip_auto_headers is not None:
            super().update_auto_headers(skip_auto_headers)

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Write the request, and return its response, of which nothing has been read."""
        protocol = conn.protocol
        if protocol is None or protocol.writing_paused or not self._is_plain():
            return await super().send(conn)
        writer = StreamWriter(protocol, self.loop)
        await writer.write_headers(f"{self.method} {self.url.raw_path_qs} HTTP/1.1", self.headers)
        await self.write_bytes(writer, conn, None)
        return self.response_class(
            self.method,
            self.original_url,
            writer=None,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=self._traces,
            loop=self.loop,
            session=self._session,
            stream_writer=writer,
        )

    def _is_plain(self) -> bool:
        """Return whether the request is written without having to wait: its body fits into the buffer of a
        connection that nothing waits for.
        """
        if sys.version_info >= (3, 12) or self._body is None or self.proxy is not None:
            return False
        size = self._body.size
        return size is not None and size <= _SMALL and not (self.chunked or self.compress or self._continue)
