"""What aiohttp is given for a request, and how it sends one."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from ssl import SSLContext

import aiohttp
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

_LARGE = 1 << 20  # bytes; of a larger body aiohttp wants to read pieces


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """What is the same for all requests to one URL with the same headers: all but method and body.

    The headers are secret: no repr shows them.
    """

    way: Way
    url: URL
    headers: CIMultiDict[str]
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
            skip_auto_headers=("accept", "content-type"),
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
    url = URL(request.url, encoded=True)
    ssl = public_trust() if not is_custom and way.server.startswith("https:") else True
    connect = way.connect if is_custom else None
    timeout = aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=way.connect)
    return Prepared(
        way,
        url,
        headers,
        None if proxy is None else URL(proxy),
        ssl,
        timeout,
        None if is_custom or proxy is not None else direct(url, headers, ssl, timeout),
    )
