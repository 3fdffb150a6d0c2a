"""Opening a WebSocket: connect, send the handshake, and read the server's response to it."""

from __future__ import annotations

from logging import CRITICAL, Logger
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteStream

from chat_core.transport import HandshakeRefused, Request, Response
from chat_core.transport.cancel_safe import run_cancel_safe
from chat_core.transport.http_errors import connection_error, without_frames
from chat_core.transport.http_request import parsed_url, unsendable_header
from chat_core.transport.proxy_tunnel import open_tunnel
from chat_core.transport.socket import WebSocket
from chat_core.transport.tls import public_trust
from chat_core.types.errors import ConfigurationError, TimedOut

if TYPE_CHECKING:
    import httpx
    from websockets.client import ClientProtocol

_NOT_IN_A_HANDSHAKE = (
    "content-type",
    "content-length",
    "accept",
)  # headers of a body, and a handshake has none


async def connect(
    request: Request, *, proxy: str | None = None, max_bytes: int = 128 * 1024 * 1024
) -> WebSocket:
    """Open a WebSocket at the request's URL, with its headers. Only `timeouts.connect` is enforced.

    `proxy` is the URL of an http or https proxy, which is told to CONNECT; the environment is not read. A
    message of more than `max_bytes` is refused with `InvalidResponse`. Raises `HandshakeRefused` for a status
    other than 101, `ConnectionFailed`, `TimedOut`, and `ConfigurationError` for what cannot be sent.
    """
    address = request.url
    if address.startswith(("ws://", "wss://")):
        address = address.replace("ws", "http", 1)
    opened = await open_socket_cancel_safe(address, request, max_bytes=max_bytes, proxy=proxy)
    if isinstance(opened, Response):
        raise HandshakeRefused(opened)
    return opened


async def open_socket_cancel_safe(
    url: str, request: Request, *, max_bytes: int, proxy: str | None = None
) -> WebSocket | Response:
    """Do what `open_socket` does, and leave nothing open where the caller is cancelled."""
    opened: list[WebSocket | Response] = []

    async def work() -> None:
        opened.append(await open_socket(url, request, max_bytes=max_bytes, proxy=proxy))

    try:
        await run_cancel_safe(work)
    except BaseException:  # it may have been cancelled in the very moment in which the connection was open
        for socket in opened:
            if isinstance(socket, WebSocket):
                await run_cancel_safe(socket.aclose)
        raise
    return opened[0]


async def open_socket(
    url: str, request: Request, *, max_bytes: int, proxy: str | None = None
) -> WebSocket | Response:
    """Return a connection to `url`, or the response of a server that refuses the handshake. The headers are
    the request's.

    Raises `ConnectionFailed`, `TimedOut`, and `ConfigurationError` for what cannot be sent. No frame of this
    module has a header's value among its local variables when it raises.
    """
    address = parsed_url(url)
    server = f"{address.scheme.replace('http', 'ws')}://{address.netloc.decode('ascii')}"
    if (name := unsendable_header(request)) is not None:
        raise ConfigurationError(f"the header {name!r} holds characters that no header can carry")
    protocol = _protocol(url, request, max_bytes)
    stream: ByteStream | None = None
    try:
        with anyio.move_on_after(request.timeouts.connect):
            stream = await _connected(address, server, proxy)
            socket = WebSocket(stream, protocol, server)
            refused = await socket.handshake()
            if refused is None:
                stream = None  # it is the socket's from here on
                return socket
            return refused
        raise TimedOut("connect", request.timeouts.connect or 0.0)
    finally:
        if stream is not None:
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(stream)


async def _connected(address: httpx.URL, server: str, proxy: str | None) -> ByteStream:
    host = address.raw_host.decode("ascii")
    if proxy is not None:
        port = address.port or (80 if address.scheme == "http" else 443)
        return await open_tunnel(proxy, host, port, server, tls=address.scheme == "https")
    try:
        if address.scheme == "http":
            return await anyio.connect_tcp(host, address.port or 80)
        return await anyio.connect_tcp(
            host,
            address.port or 443,
            tls=True,
            ssl_context=public_trust(),
            tls_hostname=host,
            tls_standard_compatible=False,
        )
    except (OSError, anyio.BrokenResourceError, anyio.EndOfStream, BaseExceptionGroup, UnicodeError) as exc:
        raise connection_error(exc, server) from without_frames(exc)


def _protocol(url: str, request: Request, max_bytes: int) -> ClientProtocol:
    """Return the protocol of a connection, with its handshake ready to be sent."""
    from websockets.client import ClientProtocol
    from websockets.uri import parse_uri

    address = url.replace("http", "ws", 1)
    # websockets would log the headers, and the key is among them: so it is given a silent logger
    protocol = ClientProtocol(parse_uri(address), max_size=max_bytes, logger=Logger("silent", CRITICAL + 1))
    handshake = protocol.connect()
    for name, value in request.headers.items():
        if name.lower() not in _NOT_IN_A_HANDSHAKE:
            handshake.headers[name] = value
    protocol.send_request(handshake)
    return protocol
