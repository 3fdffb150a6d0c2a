"""A tunnel through an HTTP proxy: CONNECT, and TLS within it."""

from __future__ import annotations

import base64
from urllib.parse import unquote, urlsplit

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from chat_core.transport.http_errors import connection_error, without_frames
from chat_core.transport.tls import public_trust
from chat_core.types.errors import ConfigurationError, ConnectionFailed

_MAX_HEAD = 65536  # bytes of the proxy's answer
_FAILURES = (OSError, anyio.BrokenResourceError, anyio.EndOfStream, BaseExceptionGroup, UnicodeError)


async def open_tunnel(proxy: str, host: str, port: int, server: str, *, tls: bool) -> ByteStream:
    """Return a connection to `host` through the proxy at a URL, with TLS inside it where wanted.

    A user and password in the URL are sent as `Proxy-Authorization`. `server` is named in errors. Raises
    `ConnectionFailed`, and `ConfigurationError` for a proxy that is neither http nor https.
    """
    parts = urlsplit(proxy)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"a WebSocket goes through http:// and https:// proxies only, not {proxy.rpartition('@')[2]!r}"
        )
    shown = f"{parts.hostname}:{_port(parts.scheme, parts.port)}"
    try:
        stream = await _connected(parts.scheme, parts.hostname, _port(parts.scheme, parts.port))
    except _FAILURES as exc:
        raise connection_error(exc, server, shown) from without_frames(exc)
    try:
        await _request_tunnel(stream, host, port, _authorization(proxy), server)
        if not tls:
            return stream
        return await _with_tls(stream, host)
    except _FAILURES as exc:
        await _close(stream)
        raise connection_error(exc, server) from without_frames(exc)
    except BaseException:
        await _close(stream)
        raise


async def _connected(scheme: str, host: str, port: int) -> ByteStream:
    stream = await anyio.connect_tcp(host, port)
    if scheme == "http":
        return stream
    try:
        return await _with_tls(stream, host)
    except BaseException:
        await _close(stream)
        raise


async def _with_tls(stream: ByteStream, host: str) -> ByteStream:
    return await TLSStream.wrap(stream, hostname=host, ssl_context=public_trust(), standard_compatible=False)


async def _request_tunnel(stream: ByteStream, host: str, port: int, authorization: str, server: str) -> None:
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    await stream.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n".encode("ascii"))
    del authorization  # tracebacks may show local variables
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MAX_HEAD:  # nothing follows: the client speaks first
        head += await stream.receive(4096)
    version, _, rest = head.partition(b"\r\n")[0].decode("ascii", "replace").partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/") or not status.isdecimal():
        raise ConnectionFailed(f"the proxy did not connect to {server}: it does not speak HTTP")
    if not status.startswith("2"):
        error = ConnectionFailed(f"the proxy did not connect to {server}: {rest.strip()}")
        error.retryable = status.startswith("5")
        raise error


def _authorization(proxy: str) -> str:
    parts = urlsplit(proxy)
    if parts.username is None:
        return ""
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return f"Proxy-Authorization: Basic {base64.b64encode(credentials).decode()}\r\n"


def _port(scheme: str, port: int | None) -> int:
    return port or (443 if scheme == "https" else 80)


async def _close(stream: ByteStream) -> None:
    with anyio.CancelScope(shield=True):
        await anyio.aclose_forcefully(stream)
